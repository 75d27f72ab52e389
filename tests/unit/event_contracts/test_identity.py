"""Which ids are the same, and what a text that is no UUID becomes."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.identity import NAMESPACE, Identity, event_identity, identity_of

CANONICAL = "7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10"


@pytest.mark.parametrize(
    "text",
    [
        CANONICAL,
        CANONICAL.upper(),
        CANONICAL.replace("-", ""),
        f"urn:uuid:{CANONICAL}",
        f"URN:UUID:{CANONICAL.upper()}",
        f"{{{CANONICAL}}}",
        "{" + CANONICAL.replace("-", "").upper() + "}",
    ],
)
def test_every_spelling_of_a_uuid_is_that_uuid(text: str) -> None:
    assert identity_of(text) == Identity(CANONICAL, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "59fb7af0-bf99-559b-a87e-892ed108f3f6"),
        ("ajs-next-0123", "d14a048d-ed8d-5f81-b9d7-b466138b1a02"),
        ("0", "dcfd86db-bdef-5d18-8c5f-73c4f48d1de1"),
    ],
)
def test_any_other_text_becomes_a_version_5_uuid(text: str, expected: str) -> None:
    """As literals, since a repeat in a year must become the same one."""
    assert identity_of(text) == Identity(expected, text)
    assert UUID(expected).version == 5


@pytest.mark.parametrize(
    "text",
    [
        f"{{{CANONICAL}",
        f"{CANONICAL}}}",
        f" {CANONICAL}",
        CANONICAL[:-1],
        f"{CANONICAL}0",
        f"urn:{CANONICAL}",
        CANONICAL.replace("-", "", 1),
        "７" + CANONICAL[1:],
    ],
)
def test_what_only_looks_like_a_uuid(text: str) -> None:
    assert identity_of(text).original == text


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_unlike_texts_stay_unlike(one: str, other: str) -> None:
    assert (identity_of(one) == identity_of(other)) == (one == other)


@given(st.uuids())
def test_a_uuid_is_itself(uuid: UUID) -> None:
    assert identity_of(str(uuid)) == Identity(str(uuid), None)


def test_an_event_without_an_id_is_named_after_its_place() -> None:
    place = {"partition": 2, "offset": 9}
    assert event_identity(None, topic="t", **place) == Identity("t-2-9", None)


def test_the_namespace_never_changes() -> None:
    assert str(NAMESPACE) == "43c56429-4d88-4c47-87f7-d54555f8cb92"
