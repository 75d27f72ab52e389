from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.rejection import Motivo
from inventory_poller.adapters.contract import Item
from inventory_poller.changes import ChangeFilter, Known, Outcome

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
FILTER = ChangeFilter("loja", {})


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


KNOWN = {"loja": {"p1": Known(5, at(-60))}}
PLAIN = at(-60).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("item", "outcome", "emitted"),
    [
        pytest.param(Item("p2", 3, at(-5)), Outcome.EMITTED, (3, at(-5)), id="new"),
        pytest.param(Item("p2", 3), Outcome.EMITTED, (3, NOW), id="new, without a moment"),
        pytest.param(Item("p1", 4, at(-5)), Outcome.EMITTED, (4, at(-5)), id="another level"),
        pytest.param(Item("p1", 4, at(-60)), Outcome.EMITTED, (4, at(-60)), id="the same moment"),
        pytest.param(Item("p1", 4), Outcome.EMITTED, (4, NOW), id="another, without a moment"),
        pytest.param(Item("p1", 5, at(-60)), Outcome.UNCHANGED, None, id="the same"),
        pytest.param(Item("p1", 5, PLAIN), Outcome.UNCHANGED, None, id="the same, no offset"),
        pytest.param(Item("p1", 5, at(-5)), Outcome.EMITTED, (5, at(-5)), id="same level, later"),
        pytest.param(Item("p1", 5, at(-61)), Outcome.OLDER, None, id="the same level, older"),
        pytest.param(Item("p1", 5), Outcome.UNCHANGED, None, id="the same, without a moment"),
        pytest.param(Item("p1", 9, at(-61)), Outcome.OLDER, None, id="older"),
        pytest.param(Item("p1", None), Outcome.UNTRACKED, None, id="not tracked"),
        pytest.param(Item("p1", -1), Motivo.FORA_DA_FAIXA, None, id="below zero"),
        pytest.param(Item("p1", 2**31), Motivo.FORA_DA_FAIXA, None, id="too many"),
        pytest.param(Item("", 1), Motivo.FORA_DA_FAIXA, None, id="no product"),
        pytest.param(Item("null", 1), Motivo.IDENTIFICADOR_NULO, None, id="a name for nothing"),
        pytest.param(Item("p1", 1, at(301)), Motivo.DATA_FUTURA, None, id="of the future"),
    ],
)
def test_one_item(item: Item, outcome: str, emitted: tuple[int, datetime] | None) -> None:
    found = FILTER.changes([item], KNOWN, asked_at=NOW)
    assert dict(found.outcomes) == {outcome: 1}
    updates = [(each.nivel_estoque, each.ultima_atualizacao) for each in found.updates]
    assert updates == ([emitted] if emitted else [])
    assert {each.id_produto for each in found.updates} <= {item.id_produto}


def test_a_later_moment_of_the_same_level_refuses_what_is_older() -> None:
    items = [Item("p1", 5, at(-5)), Item("p1", 7, at(-10))]
    found = FILTER.changes(items, KNOWN, asked_at=NOW)
    assert found.outcomes == {Outcome.EMITTED: 1, Outcome.OLDER: 1}
    assert found.seen == {("loja", "p1"): Known(5, at(-5))}


@pytest.mark.parametrize(
    ("item", "outcome", "emitted"),
    [
        pytest.param(Item("p1", None), Outcome.EMITTED, (1000, NOW), id="no moment"),
        pytest.param(Item("p1", None, at(-5)), Outcome.EMITTED, (1000, at(-5)), id="its moment"),
        pytest.param(Item("p1", None, at(-60)), Outcome.EMITTED, (1000, at(-60)), id="the same"),
        pytest.param(Item("p1", None, at(-61)), Outcome.OLDER, None, id="an older moment"),
        pytest.param(Item("p2", None), Outcome.UNTRACKED, None, id="was never tracked"),
        pytest.param(Item("p3", None), Outcome.UNCHANGED, None, id="was emitted before"),
        pytest.param(Item("p3", 0), Outcome.EMITTED, (0, NOW), id="tracked again"),
    ],
)
def test_what_is_not_tracked_any_more_may_have_a_level_that_the_settings_name(
    item: Item, outcome: str, emitted: tuple[int, datetime] | None
) -> None:
    known = {"loja": {"p1": Known(0, at(-60)), "p3": Known(1000, at(-60))}}
    found = ChangeFilter("loja", {}, untracked_level=1000).changes([item], known, asked_at=NOW)
    assert dict(found.outcomes) == {outcome: 1}
    updates = [(each.nivel_estoque, each.ultima_atualizacao) for each in found.updates]
    assert updates == ([emitted] if emitted else [])


def test_a_clock_that_went_back_does_not_hold_a_level_back() -> None:
    known = {"loja": {"p1": Known(5, at(30))}}
    [update] = FILTER.changes([Item("p1", 4)], known, asked_at=NOW).updates
    assert (update.nivel_estoque, update.ultima_atualizacao) == (4, at(30))


@pytest.mark.parametrize(
    ("names", "location", "id_armazem"),
    [
        pytest.param({}, None, "loja", id="the source itself"),
        pytest.param({}, "7", "loja.7", id="no names"),
        pytest.param({"7": "cd-sul"}, "7", "cd-sul", id="its name"),
        pytest.param({"7": "cd-sul"}, "8", None, id="one without a name"),
    ],
)
def test_locations(names: Mapping[str, str], location: str | None, id_armazem: str | None) -> None:
    found = ChangeFilter("loja", names).changes([Item("p1", 1, None, location)], {}, asked_at=NOW)
    assert [each.id_armazem for each in found.updates] == ([id_armazem] if id_armazem else [])
    assert found.outcomes[Outcome.OTHER_LOCATION] == (id_armazem is None)


ITEMS = st.lists(
    st.builds(
        Item,
        id_produto=st.sampled_from(["p1", "p2"]),
        level=st.none() | st.integers(-2, 3),
        moment=st.none() | st.integers(-9, 400).map(at),
        location=st.none(),
    ),
    max_size=12,
)


@given(st.lists(ITEMS, max_size=4), st.sampled_from([None, 2]))
def test_a_reader_of_the_updates_ends_with_what_is_known(
    pages: list[list[Item]], untracked_level: int | None
) -> None:
    """Whatever an API says: the update with the latest moment, the last of equals, is what is
    known; and of each product moments never go back."""
    known: dict[str, dict[str, Known]] = {}
    read: dict[str, Known] = {}
    changes = ChangeFilter("loja", {}, untracked_level=untracked_level)
    for page in pages:
        found = changes.changes(page, known, asked_at=NOW)
        assert found.outcomes.total() == len(page)
        for update in found.updates:
            last = read.get(update.id_produto)
            assert last is None or last.moment <= update.ultima_atualizacao
            read[update.id_produto] = Known(update.nivel_estoque, update.ultima_atualizacao)
        for (location, product), each in found.seen.items():
            known.setdefault(location, {})[product] = each
    assert read == known.get("loja", {})
