"""A platform of backing parts for tests: real ones, on free ports, in a folder of their own.

`platform_of` makes a fixture of some of them, `shared_platform` one of those that a session shares.
Jars are fetched once for all clones.
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from pydantic import SecretStr
from tests.support.kept import platform_cache

from vitrine_local.platform import LocalPlatform
from vitrine_local.preflight import port_is_free
from vitrine_local.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
BACKING_PORTS = tuple(name for name in Settings.model_fields if name.endswith("_port"))


def free_ports(count: int) -> list[int]:
    """Ports on which nothing listens, below those that the kernel gives to clients."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        if port_is_free(port):
            found.add(port)
    return list(found)


def local_settings(state_dir: Path, **changes: object) -> Settings:
    """Settings of a platform that no other one can disturb."""
    settings = Settings()
    deployables = settings.deployable_ports
    free = iter(free_ports(len(BACKING_PORTS) + len(deployables)))
    ports = {name: next(free) for name in BACKING_PORTS} | {
        "deployable_ports": {name: next(free) for name in deployables}
    }
    fixed = {"state_dir": state_dir, "cache_dir": settings.cache_dir or platform_cache()}
    return settings.model_copy(update={**ports, **fixed, **changes})


def platform_of(*parts: str, scope: Literal["module", "package"] = "module") -> object:
    """A fixture of these parts, running for one module or folder; assign it to `platform`."""

    @pytest.fixture(scope=scope)
    def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPlatform]:
        with LocalPlatform(local_settings(tmp_path_factory.mktemp("vitrine"))) as running:
            running.start(list(parts))
            yield running

    return platform


def shared_platform(*parts: str) -> object:
    """A fixture of parts of the session's one platform, for tests whose topics, groups and
    databases are their own; assign it to `platform`. One that stops a part starts it again."""

    @pytest.fixture(scope="module")
    def platform(session_platform: LocalPlatform) -> LocalPlatform:
        session_platform.start(parts)
        return session_platform

    return platform


def kafka_servers(platform: LocalPlatform) -> str:
    """Where its Kafka is."""
    return platform.environment("event-producer")["KAFKA_BOOTSTRAP_SERVERS"]


def mongo_url(platform: LocalPlatform) -> SecretStr:
    """Where its MongoDB is, with the password."""
    return SecretStr((platform.layout.secrets / "mongo_url").read_text("utf-8"))
