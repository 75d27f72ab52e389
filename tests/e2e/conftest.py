"""Fixtures of the whole way."""

import pytest
from tests.support.platform import platform
from tests.support.stream import Stream

from vitrine_local.platform import LocalPlatform

__all__ = ["platform", "stream"]


@pytest.fixture
def stream(platform: LocalPlatform) -> Stream:
    """Both ends of the stream, whether its driver runs or not."""
    return Stream.of(platform)
