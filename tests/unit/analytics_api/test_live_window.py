from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from analytics_api.live_models import ProdutoVisto
from analytics_api.live_window import (
    ActiveDocument,
    Bucket,
    LiveWindow,
    MinuteDocument,
    Views,
)
from analytics_api.movement import Movimento

NOW = datetime(2025, 5, 14, 19, 16, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def minute(
    ago: int,
    *,
    orders: int = 0,
    views: dict[str, int] | None = None,
    revision: int = 0,
) -> MinuteDocument:
    moment = NOW.replace(second=0) - ago * MINUTE
    return MinuteDocument(
        id=f"minuto/{moment:%Y-%m-%dT%H:%M:%SZ}",
        minuto=moment,
        pedidos=orders,
        unidades=2 * orders,
        receita=Decimal("1.50") * orders,
        visualizacoes=[Views(p, n) for p, n in (views or {}).items()],
        atualizado_em=moment,
        revisao=revision,
    )


def window_of(*documents: MinuteDocument | ActiveDocument) -> LiveWindow:
    window = LiveWindow()
    window.merge(documents)
    window.slide(NOW)
    return window


def seen(product: str, views: int, moved: Movimento | None = None) -> ProdutoVisto:
    """A product that nobody viewed in the hour before, or of which nothing is known then."""
    return ProdutoVisto(
        id_produto=product, visualizacoes=views, posicao_anterior=None, movimento=moved
    )


def test_sixty_minutes_with_zeros() -> None:
    minutes = window_of(minute(0, orders=3, revision=8)).sales_per_minute()
    assert len(minutes) == 60
    assert minutes[0].model_dump(mode="json") == {
        "minuto": "2025-05-14T18:17:00Z",
        "pedidos": 0,
        "unidades": 0,
        "receita": "0.00",
        "revisao": 0,
    }
    assert minutes[-1].model_dump(mode="json") == {
        "minuto": "2025-05-14T19:16:00Z",
        "pedidos": 3,
        "unidades": 6,
        "receita": "4.50",
        "revisao": 8,
    }


def test_a_correction_of_a_minute_takes_its_place() -> None:
    window = window_of(minute(3, orders=3, revision=5))
    window.merge([minute(3, orders=2, revision=9)])
    window.slide(NOW)
    corrected = window.sales_per_minute()[-4]
    assert (corrected.pedidos, corrected.revisao) == (2, 9)


def test_minutes_outside_the_window_do_not_count() -> None:
    window = window_of(
        minute(60, orders=9, views={"old": 9}), minute(-1, orders=9, views={"ahead": 9})
    )
    assert sum(m.pedidos for m in window.sales_per_minute()) == 0
    assert window.most_viewed(5) == []
    window.slide(NOW + MINUTE)
    assert window.most_viewed(5) == [seen("ahead", 9, "novo")]


def test_values_are_absolute() -> None:
    window = window_of(minute(3, views={"p1": 5, "p2": 1}))
    versions = [window.version]
    for _ in range(2):
        window.merge([minute(3, views={"p1": 2})])
        versions.append(window.version)
    assert versions == [1, 2, 2]
    window.slide(NOW)
    assert window.most_viewed(5) == [seen("p1", 2)]


def test_products_that_are_no_longer_seen_are_forgotten() -> None:
    """Whoever invents ids of products fills no memory for longer than the window."""
    window = window_of(minute(59, views={"invented": 1, "p1": 1}), minute(1, views={"p1": 2}))
    assert set(window.views) == {"invented", "p1"}
    window.slide(NOW + MINUTE)
    assert window.views == {"p1": 2}


def test_the_five_most_viewed_with_ties_by_name() -> None:
    views = {"f": 1, "e": 2, "d": 2, "c": 3, "b": 3, "a": 0, "g": 9}
    ranking = window_of(minute(1, views=views)).most_viewed(5)
    assert [item.id_produto for item in ranking] == ["g", "b", "c", "d", "e"]


def test_the_most_viewed_move_since_the_hour_before() -> None:
    window = window_of(
        minute(0, views={"a": 9, "b": 8, "c": 7, "new": 6}),
        minute(59, views={"a": 1}),
        minute(60, views={"c": 5, "a": 3}),
        minute(119, views={"b": 3, "gone": 4}),
        minute(120, views={"new": 99}),
    )
    assert moves(window) == [
        ("a", 3, "subiu"),
        ("b", 4, "subiu"),
        ("c", 1, "desceu"),
        ("new", None, "novo"),
    ]
    window.slide(NOW + MINUTE)
    assert moves(window) == [
        ("a", 2, "subiu"),
        ("b", None, "novo"),
        ("c", 1, "desceu"),
        ("new", None, "novo"),
    ]


def test_a_correction_of_the_hour_before_moves_too() -> None:
    window = window_of(minute(0, views={"a": 2, "b": 1}), minute(60, views={"a": 2, "b": 1}))
    assert moves(window) == [("a", 1, "manteve"), ("b", 2, "manteve")]
    window.merge([minute(60, views={"a": 2, "b": 5}, revision=1)])
    window.slide(NOW)
    assert moves(window) == [("a", 2, "subiu"), ("b", 1, "desceu")]


def moves(window: LiveWindow) -> list[tuple[str, int | None, str | None]]:
    return [(p.id_produto, p.posicao_anterior, p.movimento) for p in window.most_viewed(5)]


def test_active_customers_are_those_of_five_minutes() -> None:
    ages = ((0, 1), (10, 8), (299, 2), (300, 4))
    buckets = [Bucket(NOW - timedelta(seconds=s), n) for s, n in ages]
    window = window_of(ActiveDocument("ativos/todos", buckets, NOW))
    assert window.active_users(NOW) == 11
    assert window.active_users(NOW + timedelta(seconds=1)) == 9


documents = st.builds(
    lambda ago, orders, views: minute(ago, orders=orders, views=views),
    st.integers(-3, 65),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 9)),
)


@given(st.lists(st.tuples(documents, st.integers(0, 5)), max_size=15))
def test_what_is_kept_is_what_adding_all_up_would_give(
    steps: list[tuple[MinuteDocument, int]],
) -> None:
    window = LiveWindow()
    newest: dict[str, MinuteDocument] = {}
    now = NOW
    for document, minutes_later in steps:
        window.merge([document])
        newest[document.id] = document
        now += minutes_later * MINUTE
        window.slide(now)
    window.slide(now)
    last = now.replace(second=0)
    inside = [d for d in newest.values() if last - 60 * MINUTE < d.minuto <= last]
    counts = {
        p: sum(v.n for d in inside for v in d.visualizacoes if v.id_produto == p) for p in "abc"
    }
    found = {item.id_produto: item.visualizacoes for item in window.most_viewed(5)}
    assert found == {p: n for p, n in counts.items() if n}
    orders = sum(item.pedidos for item in window.sales_per_minute())
    assert orders == sum(d.pedidos for d in inside)
