"""How `make test` shares the tests out between processes: what shares a platform stays together."""

from pathlib import PurePosixPath
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_ONE_PLATFORM_EACH: Final = ("tests/integration", "tests/e2e")
"""Folders whose files each start parts of their own; another folder shares what it starts."""


class _SharedParts(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return str(file if str(file.parent) in _ONE_PLATFORM_EACH else file.parent)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _SharedParts:
    """In the order of the files, since the long ones come before the short unit tests."""
    config.option.loadscopereorder = False
    return _SharedParts(config, log)
