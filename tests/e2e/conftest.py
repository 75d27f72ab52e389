"""Fixtures of the whole way."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from tests.support.platform import platform
from tests.support.stream import STREAM, Stream

from vitrine_local.failure import LocalError
from vitrine_local.platform import LocalPlatform

__all__ = ["platform", "stream"]


@pytest.fixture
def stream(platform: LocalPlatform) -> Iterator[Stream]:
    """Both ends of the stream, whose driver is ended after the test."""
    yield Stream.of(platform)
    with suppress(LocalError):
        platform.kill(STREAM)
