"""One warehouse for all tests that look at redshift-local itself; tables are their own. And where
the Kafka of a module's own `platform` is."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from redshift_connector import Connection
from tests.support.platform import kafka_servers
from tests.support.redshift import LocalRedshift, local_redshift
from tests.support.secured_kafka import Certificate

from vitrine_local.platform import LocalPlatform


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedshift]:
    with local_redshift(tmp_path_factory.mktemp("redshift")) as running:
        yield running


@pytest.fixture
def connection(redshift: LocalRedshift) -> Iterator[Connection]:
    with closing(redshift.connect()) as opened:
        yield opened


@pytest.fixture
def servers(platform: LocalPlatform) -> str:
    return kafka_servers(platform)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that signs itself, for a server and its clients."""
    return Certificate.create(tmp_path_factory.mktemp("tls"))
