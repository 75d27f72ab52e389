"""Rows as executors send them to the driver of the live figures, and a plain count of them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from stream_processor.counting_task import EVENTS
from stream_processor.live_figures import LiveFigures

NOW: Final = datetime(2025, 5, 14, 12, 0, 30, tzinfo=UTC)
SECOND: Final = int(NOW.timestamp())
NOON: Final = SECOND - 30

_TABLES_BEFORE: Final = {
    "vistos",
    "vendas",
    "visualizacoes",
    "clientes",
    "posicoes",
    "cobertura",
}

Event = dict[str, Any]


def click(name: str, customer: str = "u1", **changes: Any) -> Event:
    """A click on p1, now."""
    base = {"id": name, "tipo": "clique", "id_produto": "p1", "id_usuario": customer}
    moments = {"chegada": SECOND, "minuto": NOON, "atividade": SECOND}
    return {**base, **moments, "unidades": 0, "receita": Decimal("0.00"), **changes}


def cart(
    name: str, customer: str = "u1", price: str = "0.00", units: int = 1, **more: Any
) -> Event:
    """An addition to a cart; without a price its value is nothing."""
    value = Decimal(price) * units
    put = {"tipo": "adicao_carrinho", "unidades": units, "receita": value}
    return click(name, customer, **(put | more))


def sale(name: str, customer: str = "u1", units: int = 1, order: str = "o1", **more: Any) -> Event:
    """Bought at 10.00 each, or taken back where there are less than no units."""
    tipo = "compra" if units > 0 else "devolucao"
    line = {"tipo": tipo, "id_pedido": order, "unidades": units, "receita": Decimal(units * 10)}
    return click(name, customer, **(line | more))


def dated(event: Event, second: int) -> Event:
    """The same event at another second."""
    return event | {"atividade": second, "minuto": second // 60 * 60}


def take(figures: LiveFigures, *events: Event, now: datetime = NOW) -> None:
    """Count events as one micro-batch, and what was queued by it."""
    table = pa.Table.from_pylist(list(events), EVENTS)
    figures.take(table, now=now, read_until=SECOND)
    figures.enriched.count()


def as_version_before(snapshot: Path) -> None:
    """Leave in a snapshot only the tables that it had before there were figures per state."""
    with duckdb.connect(str(snapshot)) as db:
        for (table,) in db.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            if table not in _TABLES_BEFORE:
                db.execute(f"DROP TABLE {table}")


def plain_funnel(events: Sequence[Event], *, first: int, old: int) -> tuple[Any, ...]:
    """What FunnelFigures counts, by definition: event by event, customer by customer."""
    done: dict[str, dict[str, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    seen = set[str]()
    kept: list[Event] = []
    for event in events:
        if event["id"] not in seen and event["atividade"] >= first:
            kept.append(event)
            what = (event["atividade"], event["id_produto"])
            done[event["id_usuario"]][event["tipo"]].append(what)
        seen.add(event["id"])
    clicked = added = bought = 0
    for of in done.values():
        clicks, carts, bought_at = (
            [second for second, _ in of[tipo]] for tipo in ("clique", "adicao_carrinho", "compra")
        )
        after = [second for second in carts if any(c <= second for c in clicks)]
        clicked += bool(clicks)
        added += bool(after)
        bought += any(a <= second for a in after for second in bought_at)
    return clicked, added, bought, *_plain_carts(kept, old=old)


def _plain_carts(events: Sequence[Event], *, old: int) -> tuple[int, int, int, Decimal]:
    prices: dict[str, tuple[int, Decimal]] = {}
    bought: dict[tuple[str, str], int] = {}
    added: dict[tuple[str, str], int] = {}
    for event in events:
        pair, second = (event["id_usuario"], event["id_produto"]), event["atividade"]
        if event["tipo"] == "compra":
            bought[pair] = max(bought.get(pair, 0), second)
            price = (second, event["receita"] / event["unidades"])
            prices[pair[1]] = max(prices.get(pair[1], price), price)
        elif event["tipo"] == "adicao_carrinho":
            added[pair] = max(added.get(pair, 0), second)
    left = {p: s for p, s in added.items() if s <= old and bought.get(p, -1) < s}
    known: dict[tuple[str, str], Decimal] = {}
    for event in events:
        pair = (event["id_usuario"], event["id_produto"])
        is_last = event["tipo"] == "adicao_carrinho" and left.get(pair) == event["atividade"]
        if is_last and (event["receita"] or pair[1] in prices):
            known[pair] = known.get(pair, Decimal(0)) + _value(event, prices)
    value = sum(known.values(), Decimal("0.00"))
    return len(left), len({customer for customer, _ in left}), len(known), value


def _value(event: Event, prices: dict[str, tuple[int, Decimal]]) -> Decimal:
    if event["receita"]:
        return Decimal(event["receita"])
    return Decimal(prices[event["id_produto"]][1] * event["unidades"])
