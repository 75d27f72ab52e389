"""The images are as small as what they run allows."""

import pytest
from tests.cluster.node import images
from tests.cluster.release import MARKS, Release

pytestmark = MARKS


# DuckDB is 69 of analytics-api's, which keeps sales in it, and of stream-processor's, which counts
# the live figures in it; there cryptography is 15, which writes what Java trusts.
@pytest.mark.parametrize(
    ("name", "most"), [("analytics-api", 145), ("event-producer", 60), ("stream-processor", 735)]
)
def test_an_image_adds_little_to_its_base(not_installed: Release, name: str, most: int) -> None:
    if not not_installed.built_here:
        pytest.skip("the images of this cluster were built elsewhere")
    added = images.megabytes(images.image(name)) - images.megabytes(images.base())
    assert 0 < added <= most
