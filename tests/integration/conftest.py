"""One warehouse and one platform of backing parts for all tests, in which schemas, topics and
databases are their own; and where the Kafka of a module's `platform` is."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from redshift_connector import Connection
from tests.support.http_services import running_services
from tests.support.platform import kafka_servers, local_settings
from tests.support.redshift import LocalRedshift, local_redshift
from tests.support.secured_kafka import Certificate
from tests.support.warehouse_store import Store, running_store

from vitrine_local.platform import LocalPlatform


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedshift]:
    with local_redshift(tmp_path_factory.mktemp("redshift")) as running:
        yield running


@pytest.fixture(scope="module")
def running_tables(redshift: LocalRedshift) -> Iterator[Store]:
    with running_store(redshift) as store:
        yield store


@pytest.fixture
def store(running_tables: Store) -> Store:
    """All tables of the warehouse, empty, in a schema of the module's own."""
    running_tables.empty()
    return running_tables


@pytest.fixture
def connection(redshift: LocalRedshift) -> Iterator[Connection]:
    with closing(redshift.connect()) as opened:
        yield opened


@pytest.fixture(scope="session")
def session_platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Runs the parts that a `shared_platform` has asked for."""
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("vitrine"))) as platform:
        yield platform


@pytest.fixture(scope="session")
def http_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    with running_services(tmp_path_factory.mktemp("services")) as platform:
        yield platform


@pytest.fixture
def servers(platform: LocalPlatform) -> str:
    return kafka_servers(platform)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that signs itself, for a server and its clients."""
    return Certificate.create(tmp_path_factory.mktemp("tls"))
