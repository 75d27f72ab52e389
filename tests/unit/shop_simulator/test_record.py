"""What must have come out, told from what was sent."""

from datetime import UTC, datetime
from decimal import Decimal

from shop_simulator.record import (
    Entry,
    Fate,
    Kind,
    MinuteTotals,
    ProductTotals,
    decode_entries,
    encode_entries,
    expected_of,
    sent_again,
)

AT = datetime(2025, 5, 14, 19, 16, 30, 5, tzinfo=UTC)
MINUTE = datetime(2025, 5, 14, 19, 16, tzinfo=UTC)


def click(name: str, **changes: object) -> Entry:
    fields = {
        "kind": Kind.NORMAL,
        "fate": Fate.ACCEPTED,
        "status": 202,
        "id_evento": name,
        "id_usuario": "u1",
        "tipo_evento": "clique",
        "id_produto": "p1",
        "timestamp": AT,
    }
    return Entry(**fields | changes)  # type: ignore[arg-type]


def sale(name: str, order: str, units: int, price: str, product: str = "p1") -> Entry:
    return click(
        name,
        tipo_evento="compra",
        id_produto=product,
        id_pedido=order,
        quantidade=units,
        preco=Decimal(price),
    )


def test_lines_come_back_as_they_were() -> None:
    entries = [click("a"), sale("b", "o1", 2, "39.90"), Entry(kind=Kind.BROKEN_KAFKA, chave="k")]
    lines = encode_entries(entries).splitlines(keepends=True)
    assert decode_entries(lines) == entries
    assert decode_entries([*lines[:2], lines[2][:-5]]) == entries[:2]


def test_each_event_counts_once() -> None:
    first = click("a")
    late = click("b", kind=Kind.LATE)
    again = sent_again(first)
    assert (again.kind, again.fate, again.status) == (Kind.REPEATED, Fate.UNKNOWN, None)
    again.fate = Fate.ACCEPTED
    expected = expected_of([again, first, late])
    assert set(expected.events) == {"a", "b"}
    assert expected.repeats == 1
    assert expected.products["p1"].clicks == 2


def test_sales_per_product_and_minute() -> None:
    expected = expected_of(
        [
            sale("a", "o1", 2, "39.90"),
            sale("b", "o1", 1, "10.00", product="p2"),
            sale("c", "o2", 3, "39.90"),
        ]
    )
    assert expected.products == {
        "p1": ProductTotals(0, {"o1", "o2"}, 5, Decimal("199.50")),
        "p2": ProductTotals(0, {"o1"}, 1, Decimal("10.00")),
    }
    assert expected.minutes == {MINUTE: MinuteTotals({"o1", "o2"}, 6, Decimal("209.50"))}


def test_what_was_not_accepted_is_nowhere() -> None:
    refused = Entry(kind=Kind.BROKEN_HTTP, fate=Fate.REFUSED, status=422, chave="k1")
    dead = Entry(kind=Kind.BROKEN_KAFKA, fate=Fate.ACCEPTED, chave="k2", motivo="vazio")
    unknown = sale("a", "o1", 1, "1.00")
    unknown.fate = Fate.UNKNOWN
    expected = expected_of([refused, dead, unknown])
    assert (expected.events, expected.products) == ({}, {})
    assert (expected.refused, expected.dead) == (1, {"k2": "vazio"})
    assert expected.unknown == {"a"}


def test_what_came_through_on_another_try_is_not_unknown() -> None:
    lost = click("a")
    lost.fate = Fate.UNKNOWN
    assert expected_of([lost, click("a")]).unknown == set()
