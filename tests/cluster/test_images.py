"""The images are as small as what they run allows."""

import pytest
from tests.cluster.node import images
from tests.cluster.release import MARKS, Release

pytestmark = MARKS


# DuckDB is 69 of analytics-api's, which keeps sales in it, and of stream-processor's, which counts
# the live figures in it; there cryptography is 15, which writes what Java trusts, and what
# executors start from is 102. Bytecode is 27, 17 and 47 of them.
@pytest.mark.parametrize(
    ("name", "most"), [("analytics-api", 170), ("event-producer", 75), ("stream-processor", 880)]
)
def test_an_image_adds_little_to_its_base(not_installed: Release, name: str, most: int) -> None:
    if not not_installed.built_here:
        pytest.skip("the images of this cluster were built elsewhere")
    added = images.megabytes(images.image(name)) - images.megabytes(images.base())
    assert 0 < added <= most
