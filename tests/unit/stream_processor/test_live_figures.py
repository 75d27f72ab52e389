"""The live figures that the driver keeps."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.live_events import as_version_before

from stream_processor import live_figures
from stream_processor.counting_task import EVENTS
from stream_processor.live_figures import REPEATS, LiveFigures, MinuteFigures

NOW = datetime(2025, 5, 14, 12, 0, 30, tzinfo=UTC)
SECOND = int(NOW.timestamp())
NOON = SECOND - 30

Event = dict[str, Any]


def click(name: str, product: str = "p1", **changes: Any) -> Event:
    base = {"id": name, "tipo": "clique", "id_produto": product, "id_usuario": "u1"}
    moments = {"chegada": SECOND, "minuto": NOON, "atividade": SECOND}
    return {**base, **moments, "unidades": 0, "receita": Decimal("0.00"), **changes}


def line(name: str, order: str, units: int, revenue: str, **changes: Any) -> Event:
    tipo = "compra" if units > 0 else "devolucao"
    sale = {"tipo": tipo, "id_pedido": order, "unidades": units, "receita": Decimal(revenue)}
    return click(name, **(sale | changes))


def take(
    figures: LiveFigures, *events: Event, now: datetime = NOW, read_until: int = SECOND
) -> set[int]:
    table = pa.Table.from_pylist(list(events), EVENTS)
    return figures.take(table, now=now, read_until=read_until)


def noon(figures: LiveFigures) -> MinuteFigures:
    return figures.figures_of([NOON])[NOON]


def test_clicks_sales_and_what_takes_them_back_add_up() -> None:
    figures = LiveFigures()
    take(figures, click("a"), click("b", "p2"), line("c", "o1", 2, "39.80"))
    take(figures, click("d"), line("e", "o1", 1, "0.20"), line("f", "o2", -3, "-59.70"))
    assert noon(figures) == MinuteFigures(1, 0, Decimal("-19.70"), [("p1", 2), ("p2", 1)])


def test_the_largest_lines_add_up_beyond_64_bits() -> None:
    figures = LiveFigures()
    for batch in range(10):
        lines = (line(f"{batch}/{n}", "o", 1_000_000, "99999999990000.00") for n in range(100))
        take(figures, *lines)
    assert noon(figures).unidades == 10**9
    assert noon(figures).receita == Decimal("99999999990000000.00")


@pytest.mark.parametrize("batches", [1, 2], ids=["in one batch", "in a later one"])
def test_a_repeat_counts_once_whatever_it_says(batches: int) -> None:
    first = line("a", "o1", 1, "5.00")
    altered = line("a", "o2", 7, "70.00", minuto=NOON - 60, id_usuario="another")
    figures = LiveFigures()
    if batches == 1:
        take(figures, first, altered)
    else:
        take(figures, first)
        assert take(figures, altered) == set()
    assert figures.minutes() == {NOON}
    assert noon(figures) == MinuteFigures(1, 1, Decimal("5.00"), [])
    assert sum(figures.active_per_second(NOW).values()) == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([("o1", 2), ("o1", 1)], 1, id="once for all of its lines"),
        pytest.param([("o1", 2), ("o1", -1)], 1, id="taken back in part"),
        pytest.param([("o1", 2), ("o1", -2), ("o2", 1)], 1, id="taken back whole"),
        pytest.param([("o1", -2)], 0, id="bought before"),
    ],
)
def test_orders_of_a_minute(lines: list[tuple[str, int]], expected: int) -> None:
    figures = LiveFigures()
    for name, (order, units) in enumerate(lines):
        take(figures, line(str(name), order, units, "1.00"))
    assert noon(figures).pedidos == expected


def test_a_probe_counts_nowhere_and_its_id_is_known() -> None:
    figures = LiveFigures()
    sold = {"id_pedido": "o1", "unidades": 2, "receita": Decimal("9.80")}
    assert take(figures, click("a", tipo="sonda", **sold)) == set()
    assert take(figures, line("a", "o2", 1, "5.00"), click("b", id_usuario="u2")) == {NOON}
    assert noon(figures) == MinuteFigures(0, 0, Decimal("0.00"), [("p1", 1)])
    assert figures.active_per_second(NOW) == {SECOND: 1}


def test_which_minutes_have_changed() -> None:
    figures = LiveFigures()
    cart = click("a", tipo="adicao_carrinho")
    assert take(figures, cart) == set()
    assert take(figures, click("b"), click("c", minuto=NOON - 60)) == {NOON, NOON - 60}
    assert take(figures, click("b")) == set()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.sampled_from("abcd"))), max_size=6),
)
def test_counting_in_batches_is_counting_once(batches: Sequence[Sequence[tuple[int, str]]]) -> None:
    figures, seen = LiveFigures(), dict[str, str]()
    for batch in batches:
        take(figures, *(click(str(name), product) for name, product in batch))
        for name, product in batch:
            seen.setdefault(str(name), product)
    assert noon(figures).visualizacoes == sorted(Counter(seen.values()).items())


def test_the_figures_name_a_thousand_products_of_a_minute_at_most() -> None:
    figures = LiveFigures()
    take(figures, *(click(f"a{n}", f"p{n:05d}") for n in range(5000)))
    take(figures, click("b", "p04321"))
    found = noon(figures).visualizacoes
    assert len(found) == 1000
    assert found[-1] == ("p04321", 2)
    assert found[:-1] == [(f"p{n:05d}", 1) for n in range(999)]


def test_what_does_not_fit_in_memory_goes_to_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(live_figures._CONFIG, "memory_limit", "64MB")
    figures = LiveFigures()
    for part in range(3):
        names = [f"{part}-{n:05d}" for n in range(100_000)]
        take(figures, *(click(name, name.rjust(128, "p"), id_usuario=name) for name in names))
    assert list(tmp_path.rglob("*.tmp"))
    assert len(noon(figures).visualizacoes) == 1000
    assert figures.active_per_second(NOW) == {SECOND: 300_000}
    del figures
    assert not list(tmp_path.iterdir())


def test_a_customer_moves_forward_in_time_and_never_back() -> None:
    figures = LiveFigures()
    for ago in (5, 60, 0):
        take(figures, *(click(f"{ago}{u}", id_usuario=u, atividade=SECOND - ago) for u in "ab"))
    take(figures, click("c", id_usuario="c", atividade=SECOND - 5))
    assert figures.active_per_second(NOW) == {SECOND - 5: 1, SECOND: 2}


def test_who_was_last_active_long_ago_is_not_told() -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    for seconds, expected in ((360, {SECOND: 1}), (361, {})):
        assert figures.active_per_second(NOW + timedelta(seconds=seconds)) == expected


def test_what_is_too_old_is_forgotten() -> None:
    figures = LiveFigures()
    take(figures, click("a"), line("b", "o", 1, "1.00"))
    take(figures, now=NOW + timedelta(minutes=60))
    assert figures.minutes() == {NOON}
    take(figures, now=NOW + timedelta(minutes=62))
    assert figures.minutes() == set()


def test_a_minute_that_is_too_old_is_not_reported_as_changed() -> None:
    assert take(LiveFigures(), click("a", minuto=NOON - 3720)) == set()


@pytest.mark.parametrize(
    ("later", "counted"),
    [
        pytest.param(REPEATS, 1, id="remembered"),
        pytest.param(REPEATS + timedelta(seconds=1), 2, id="forgotten"),
    ],
)
def test_a_repeat_is_known_for_as_long_as_any_partition_may_bring_it(
    later: timedelta, counted: int
) -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    now = NOW + timedelta(minutes=9)
    take(figures, now=now, read_until=int((NOW + later).timestamp()))
    take(figures, click("a"), now=now)
    assert noon(figures).visualizacoes == [("p1", counted)]


def test_figures_go_on_from_a_file(tmp_path: Path) -> None:
    figures, restored = LiveFigures(), LiveFigures()
    first = [click("a"), line("b", "o1", 2, "39.80")]
    take(figures, *first)
    for path in (tmp_path / "1", tmp_path / "o'2"):
        figures.save(path, positions={0: 5, 1: 0}, first_minute=NOON)
    assert restored.restore(path) == ({0: 5, 1: 0}, NOON)
    for each in (figures, restored):
        take(each, *first, click("c"), line("d", "o1", 1, "0.20"))
    assert noon(restored) == noon(figures) == MinuteFigures(1, 3, Decimal("40.00"), [("p1", 2)])
    assert restored.active_per_second(NOW) == figures.active_per_second(NOW)


def test_a_file_of_the_version_before_is_told(tmp_path: Path) -> None:
    figures = LiveFigures()
    take(figures, click("a"))
    figures.save(tmp_path / "old", positions={0: 5}, first_minute=NOON)
    as_version_before(tmp_path / "old")
    with pytest.raises(duckdb.CatalogException, match="a_contar"):
        LiveFigures().restore(tmp_path / "old")


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"x" * 9000)
    with pytest.raises(duckdb.Error):
        LiveFigures().restore(tmp_path / "broken")
