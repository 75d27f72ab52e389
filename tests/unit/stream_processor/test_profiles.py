"""What a document of `perfis_usuarios` says."""

from typing import Any

import pytest

from event_contracts.states import UNKNOWN
from stream_processor.profiles import Profile, profile_of


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(
            {"_id": "u1", "estado": "SP", "regiao": "Sudeste", "segmento": "fiel", "x": 1},
            Profile("SP", "Sudeste", "fiel"),
            id="all of it",
        ),
        pytest.param(None, Profile(), id="no document"),
        pytest.param({}, Profile(UNKNOWN, UNKNOWN, UNKNOWN), id="no fields"),
        pytest.param(
            {"estado": ["SP"], "regiao": "  ", "segmento": "fiel"},
            Profile(UNKNOWN, UNKNOWN, "fiel"),
            id="an odd field is unknown alone",
        ),
        pytest.param(
            {"estado": "x" * 64, "regiao": "x" * 65, "segmento": None},
            Profile("x" * 64, UNKNOWN, UNKNOWN),
            id="as long as a name may be",
        ),
    ],
)
def test_profiles(document: dict[str, Any] | None, expected: Profile) -> None:
    assert profile_of(document) == expected
