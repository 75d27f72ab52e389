"""Whether the stream and the plain job came to the same results, row by row."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from pymongo.collection import Collection
from tests.bench.plain_job import EVENTS_TABLE, MINUTES_TABLE

_EVENTS = "id_evento, id_usuario, tipo_evento, id_produto, timestamp, id_pedido, quantidade, preco"
_ONLY_IN = """
    SELECT COUNT(*) FROM (SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}) x
"""
_COUNT = "SELECT COUNT(*) FROM {one}"
_LATEST = f"""
    SELECT minuto, id_produto, visualizacoes, unidades, receita FROM (
        SELECT *, ROW_NUMBER() OVER (PARTITION BY minuto, id_produto ORDER BY batch_id DESC) AS n
        FROM {MINUTES_TABLE}) x WHERE n = 1
"""
Rows = Callable[[str], Sequence[Any]]


def differing_events(rows: Rows) -> int:
    """Rows of the two tables of events that only one of them has, or has more often."""
    pairs = (("eventos_clientes", EVENTS_TABLE), (EVENTS_TABLE, "eventos_clientes"))
    queries = [_ONLY_IN.format(columns=_EVENTS, one=one, other=other) for one, other in pairs]
    ours, theirs = (rows(_COUNT.format(one=one))[0][0] for one, _ in pairs)
    return sum(rows(query)[0][0] for query in queries) or abs(ours - theirs)


def differing_minutes(rows: Rows, metrics: Collection[dict[str, Any]]) -> int:
    """Minutes whose sales differ, and products whose views in a minute do.

    The stream names the 1,000 most viewed products of a minute; the others are left out.
    """
    ours, theirs = _our_minutes(metrics), _their_minutes(rows)
    sales = [m for m in ours.keys() | theirs.keys() if ours[m].sales != theirs[m].sales]
    views = [
        (minute, product)
        for minute, figures in ours.items()
        for product, n in figures.views.items()
        if theirs[minute].views.get(product) != n
    ]
    missing = [m for m, figures in theirs.items() if len(ours[m].views) < min(1000, figures.viewed)]
    return len(sales) + len(views) + len(missing)


class _Minute:
    def __init__(self) -> None:
        self.units = 0
        self.revenue = Decimal(0)
        self.views: dict[str, int] = defaultdict(int)

    @property
    def sales(self) -> tuple[int, Decimal]:
        return self.units, self.revenue

    @property
    def viewed(self) -> int:
        return sum(n > 0 for n in self.views.values())


def _our_minutes(metrics: Collection[dict[str, Any]]) -> defaultdict[Any, _Minute]:
    found: defaultdict[Any, _Minute] = defaultdict(_Minute)
    for document in metrics.find({"tipo": "minuto"}):
        minute = found[document["minuto"].replace(tzinfo=None)]
        minute.units += document["unidades"]
        minute.revenue += Decimal(document["receita"])
        for view in document["visualizacoes"]:
            minute.views[view["id_produto"]] += view["n"]
    return found


def _their_minutes(rows: Rows) -> defaultdict[Any, _Minute]:
    found: defaultdict[Any, _Minute] = defaultdict(_Minute)
    for at, product, views, units, revenue in rows(_LATEST):
        minute = found[at.replace(tzinfo=None)]
        minute.units += units or 0
        minute.revenue += revenue or 0
        minute.views[product] = views
    return found
