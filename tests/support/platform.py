"""A platform of backing parts for tests: real ones, on free ports, in a folder of their own.

Import `platform` into a conftest to use it as a fixture. Jars are shared with the repository's
own `.vitrine` folder, so that they are fetched once.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from vitrine_local.catalogue import BACKING
from vitrine_local.platform import LocalPlatform
from vitrine_local.settings import HOST, Settings

REPOSITORY = Path(__file__).resolve().parents[2]
PORTS = tuple(name for name in Settings.model_fields if name.endswith("_port"))


def free_ports(count: int) -> list[int]:
    """Ports on which nothing listened a moment ago."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def local_settings(state_dir: Path, **changes: object) -> Settings:
    """Settings of a platform that no other one can disturb."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    settings = Settings()
    cache = settings.cache_dir or REPOSITORY / ".vitrine" / "cache"
    fixed = {"state_dir": state_dir, "cache_dir": cache}
    return settings.model_copy(update={**ports, **fixed, **changes})


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
    """Every backing part and `setup`, running for the whole session."""
    settings = local_settings(tmp_path_factory.mktemp("vitrine"))
    with LocalPlatform(settings) as running:
        running.start([*BACKING, "setup"])
        yield running
