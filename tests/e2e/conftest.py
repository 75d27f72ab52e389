"""Fixtures of the whole way. The folder is a package, so that its platform ends with it: a stream
that idles beside all other tests would cost more than all that it is used for."""

import pytest
from tests.support.platform import platform_of
from tests.support.stream import Stream

from vitrine_local.declared_parts import BACKING
from vitrine_local.platform import LocalPlatform

platform = platform_of(*BACKING, "setup", scope="package")


@pytest.fixture
def stream(platform: LocalPlatform) -> Stream:
    """Both ends of the stream, whether its driver runs or not."""
    return Stream.of(platform)
