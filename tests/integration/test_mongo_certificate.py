"""A MongoDB that demands a certificate: each client of the product shows the one it is told."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from tests.support.secured_kafka import Certificate
from tests.support.tls import TlsListener
from tests.support.waiting import wait_until

from analytics_api import live_storage
from service_runtime.mongo import connect
from service_runtime.mongo_certificate import certificate_options
from service_runtime.settings import MongoSettings
from vitrine_local.settings import HOST


@pytest.fixture
def server(certificate: Certificate) -> Iterator[TlsListener]:
    listener = TlsListener(certificate, demands_certificate=True)
    yield listener
    listener.close()


def settings(server: TlsListener, certificate: Certificate, **secrets: str) -> MongoSettings:
    options = f"tls=true&tlsCAFile={certificate.path}&authMechanism=MONGODB-X509"
    return MongoSettings(mongo_url=f"mongodb://{server.address}/?{options}", **secrets)


def stream(told: MongoSettings) -> None:
    connect(told, application="tests", timeout=2.0).admin.command("ping")


def api(told: MongoSettings) -> None:
    async def ping() -> None:
        async with live_storage.connect(told) as client:
            await client.admin.command("ping")

    asyncio.run(ping())


def shop(told: MongoSettings) -> None:
    url, access = told.mongo_url.get_secret_value(), certificate_options(told)
    MongoClient(url, serverSelectionTimeoutMS=2000, **access).admin.command("ping")


CLIENTS = {"stream-processor": stream, "analytics-api": api, "shop-simulator": shop}


@pytest.mark.parametrize("client", CLIENTS.values(), ids=list(CLIENTS))
def test_a_client_shows_its_certificate(
    client: Callable[[MongoSettings], None], server: TlsListener, certificate: Certificate
) -> None:
    own = {"mongo_certificate": certificate.chain, "mongo_key": certificate.key}
    with pytest.raises(PyMongoError):
        client(settings(server, certificate, **own))  # no MongoDB answers behind the handshake
    wait_until(lambda: HOST in server.heard, "the certificate is shown")


def test_a_client_without_one_is_kept_out(server: TlsListener, certificate: Certificate) -> None:
    with pytest.raises(PyMongoError):
        stream(settings(server, certificate))
    assert server.heard == []
