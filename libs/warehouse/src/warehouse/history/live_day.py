"""The live figures of a day beside the same figures of the stream's lines.

Both sides have the closed minutes of the day alone, by the rule of the live figures: what was
bought in a minute less what was taken back in it, and orders of which more was bought.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from warehouse.history.day_spans import begin_of, lines_within
from warehouse.history.reconciled_row import FIGURES, Figura
from warehouse.literals import day_in
from warehouse.money import bounded
from warehouse.transaction import Transaction

_MINUTES: Final = """
CREATE TEMP TABLE minutos_fechados AS
SELECT data AS minuto, pedidos, unidades, receita
FROM (SELECT minuto AS data, pedidos, unidades, receita FROM metricas_minuto) AS minutos
WHERE {within}
"""
_LIVE: Final = "SELECT COUNT(*), SUM(receita), SUM(unidades), SUM(pedidos) FROM minutos_fechados"
_LINES: Final = " UNION ALL ".join(
    f"""
    SELECT DATE_TRUNC('minute', data) AS minuto, id_pedido, quantidade, preco
    FROM {table} WHERE origem = 'fluxo' AND {{within}}
    """
    for table in ("vendas", "vendas_preteridas")
)
_EXPECTED: Final = f"""
SELECT COALESCE(SUM(receita), 0), COALESCE(SUM(unidades), 0),
    COUNT(CASE WHEN unidades > 0 THEN 1 END)
FROM (
    SELECT linhas.minuto, id_pedido, SUM(quantidade) AS unidades, SUM(quantidade * preco) AS receita
    FROM ({_LINES}) AS linhas
    JOIN minutos_fechados ON minutos_fechados.minuto = linhas.minuto
    GROUP BY linhas.minuto, id_pedido
) AS por_pedido
"""


@dataclass(frozen=True, slots=True)
class LiveDay:
    """What the live figures said of the closed `minutos`, and what they were expected to say;
    nothing where none is closed."""

    minutos: int
    minutos_do_dia: int
    ao_vivo: Mapping[Figura, Decimal]
    esperado: Mapping[Figura, Decimal]


def read_live_day(transaction: Transaction, dia: date, *, timezone: str) -> LiveDay:
    """Both sides of a day of the shop."""
    within = lines_within(day_in(timezone), [(dia, dia)])
    transaction.execute(_MINUTES.format(within=within))
    closed, *live = transaction.row(_LIVE)
    expected = transaction.row(_EXPECTED.format(within=within)) if closed else ()
    transaction.execute("DROP TABLE minutos_fechados")
    sides = (live, expected) if closed else ((), ())
    ao_vivo, esperado = (
        {figura: bounded(Decimal(found)) for figura, found in zip(FIGURES, side, strict=False)}
        for side in sides
    )
    return LiveDay(int(closed), minutes_of(dia, timezone), ao_vivo, esperado)


def minutes_of(dia: date, timezone: str) -> int:
    """How many minutes a day of the shop has: fewer or more where its clocks are changed."""
    first, last = (begin_of(day, timezone) for day in (dia, dia + timedelta(1)))
    return (last - first) // timedelta(minutes=1)
