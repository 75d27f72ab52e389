"""TLS to the warehouse: redshift-local behind a proxy that speaks TLS alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.redshift import PASSWORD, LocalRedshift
from tests.support.secured_kafka import Certificate
from tests.support.tls import TlsProxy

from service_runtime.errors import TransientError
from vitrine_local import postgres
from warehouse.connection import Warehouse
from warehouse.settings import WarehouseSettings

NAMED = "127.0.0.1"
"""The one host in the certificate."""
UNNAMED = "localhost"
"""Leads to the same address."""


@pytest.fixture
def proxy(certificate: Certificate, redshift: LocalRedshift) -> Iterator[TlsProxy]:
    proxy = TlsProxy(certificate, redshift.port)
    yield proxy
    proxy.close()


@pytest.fixture
def trusted(certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the certificate, as `caBundle` of the charts tells it."""
    bundle = tmp_path / "ca.pem"
    bundle.write_text(certificate.chain)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))


def answer(host: str, port: int | str, **settings: object) -> int:
    """What the warehouse answers by this way."""
    told = {
        "warehouse_user": postgres.USER,
        "warehouse_password": PASSWORD,
        "warehouse_database": postgres.DATABASE,
        **settings,
    }
    found = WarehouseSettings(warehouse_host=host, warehouse_port=port, **told)
    warehouse = Warehouse(found, application="tests")
    with warehouse.transaction() as transaction:
        (number,) = transaction.row("SELECT 7")
    warehouse.close()
    return int(number)


def port_of(proxy: TlsProxy) -> str:
    return proxy.address.rpartition(":")[2]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("host", "settings"),
    [
        pytest.param(NAMED, {}, id="the host that is named, by default"),
        pytest.param(NAMED, {"warehouse_ssl_mode": "verify-full"}, id="the host that is named"),
        pytest.param(UNNAMED, {"warehouse_ssl_mode": "verify-ca"}, id="any host of the authority"),
    ],
)
def test_a_warehouse_that_can_be_trusted_answers(
    host: str, settings: dict[str, str], proxy: TlsProxy
) -> None:
    assert answer(host, port_of(proxy), **settings) == 7
    assert proxy.served == 1


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("settings", [{}, {"warehouse_ssl_mode": "verify-full"}])
def test_a_host_that_the_certificate_does_not_name_is_told_nothing(
    settings: dict[str, str], proxy: TlsProxy
) -> None:
    with pytest.raises(TransientError, match="certificate is not valid for 'localhost'"):
        answer(UNNAMED, port_of(proxy), **settings)
    assert proxy.served == 0


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_an_unknown_authority_is_not_trusted(mode: str, proxy: TlsProxy) -> None:
    with pytest.raises(TransientError, match="CERTIFICATE_VERIFY_FAILED"):
        answer(NAMED, port_of(proxy), warehouse_ssl_mode=mode)
    assert proxy.served == 0


def test_a_warehouse_without_tls_is_told_nothing(redshift: LocalRedshift) -> None:
    with pytest.raises(TransientError, match="Server refuses SSL"):
        answer(NAMED, redshift.port)
