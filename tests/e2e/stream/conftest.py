"""One platform for all tests of the stream. The folder is a package, so that its platform ends with
it: a stream that idles beside all other tests would cost more than all that it is used for."""

import pytest
from tests.support.platform import platform_of
from tests.support.stream import STREAM, Stream

from vitrine_local.declared_parts import BACKING
from vitrine_local.platform import LocalPlatform

platform = platform_of(*BACKING, "setup", scope="package")


@pytest.fixture
def stream(platform: LocalPlatform) -> Stream:
    """Both ends of the stream, whether its driver runs or not."""
    return Stream.of(platform)


@pytest.fixture
def running(stream: Stream) -> Stream:
    """The stream with its driver, which is left to the next test."""
    if STREAM not in stream.platform.names:
        stream.start()
    return stream
