"""One warehouse for all tests that look at redshift-local itself; tables are their own."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from redshift_connector import Connection
from tests.support.redshift import LocalRedshift, local_redshift


@pytest.fixture(scope="session")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedshift]:
    with local_redshift(tmp_path_factory.mktemp("redshift")) as running:
        yield running


@pytest.fixture
def connection(redshift: LocalRedshift) -> Iterator[Connection]:
    with closing(redshift.connect()) as opened:
        yield opened
