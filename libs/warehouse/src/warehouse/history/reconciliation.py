"""The stream's sales of a day beside the files', and what their difference consists of; and the
live figures of that day beside the stream's.

Purchases alone are compared, since files hold no returns. A sale that the other side has not at all
is missing there; one that it dates another day is `outro_dia`; where both have it on this day they
may differ in value. Orders are compared as a whole, so that they differ in no value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from event_contracts.evento import TipoEvento
from warehouse.connection import Warehouse
from warehouse.history.day_spans import lines_within
from warehouse.history.live_day import LiveDay, read_live_day
from warehouse.history.reconciled_row import FIGURES, Figura, Reconciled
from warehouse.insertion import insert
from warehouse.literals import day_in, day_literal
from warehouse.money import bounded
from warehouse.tables import CONCILIACAO
from warehouse.transaction import Transaction

_LINES: Final = f"""
SELECT id_pedido, id_produto, quantidade, preco, data, origem FROM vendas
WHERE tipo_evento = '{TipoEvento.COMPRA}'
UNION ALL
SELECT id_pedido, id_produto, quantidade, preco, data, origem FROM vendas_preteridas
WHERE tipo_evento = '{TipoEvento.COMPRA}' AND origem = 'fluxo'
"""
_ORDERS_OF_DAY: Final = " UNION ".join(
    f"SELECT id_pedido FROM {table} WHERE tipo_evento = '{TipoEvento.COMPRA}' AND {{within}}"
    for table in ("vendas", "vendas_preteridas")
)
_SALES: Final = f"""
CREATE TEMP TABLE conciliadas AS
SELECT linhas.id_pedido, id_produto,
    COUNT(CASE WHEN origem = 'fluxo' THEN 1 END) AS no_fluxo,
    COUNT(CASE WHEN origem = 'arquivo' THEN 1 END) AS no_arquivo,
    COUNT(CASE WHEN origem = 'fluxo' AND {{day}} = {{on}} THEN 1 END) AS fluxo_no_dia,
    COUNT(CASE WHEN origem = 'arquivo' AND {{day}} = {{on}} THEN 1 END) AS arquivo_no_dia,
    SUM(CASE WHEN origem = 'fluxo' AND {{day}} = {{on}} THEN quantidade ELSE 0 END) AS unidades_f,
    SUM(CASE WHEN origem = 'arquivo' AND {{day}} = {{on}} THEN quantidade ELSE 0 END) AS unidades_a,
    SUM(CASE WHEN origem = 'fluxo' AND {{day}} = {{on}} THEN quantidade * preco ELSE 0 END)
        AS receita_f,
    SUM(CASE WHEN origem = 'arquivo' AND {{day}} = {{on}} THEN quantidade * preco ELSE 0 END)
        AS receita_a
FROM ({_LINES}) AS linhas
JOIN ({_ORDERS_OF_DAY}) AS do_dia ON do_dia.id_pedido = linhas.id_pedido
GROUP BY linhas.id_pedido, id_produto
"""
_ORDERS: Final = """
SELECT id_pedido, SUM(no_fluxo) AS no_fluxo, SUM(no_arquivo) AS no_arquivo,
    SUM(fluxo_no_dia) AS fluxo_no_dia, SUM(arquivo_no_dia) AS arquivo_no_dia,
    CASE WHEN SUM(fluxo_no_dia) > 0 THEN 1 ELSE 0 END AS pedidos_f,
    CASE WHEN SUM(arquivo_no_dia) > 0 THEN 1 ELSE 0 END AS pedidos_a
FROM conciliadas GROUP BY id_pedido
"""
_KINDS: Final = """
CASE WHEN no_fluxo = 0 THEN 'ausente_no_fluxo' WHEN no_arquivo = 0 THEN 'ausente_no_arquivo'
    WHEN fluxo_no_dia = 0 OR arquivo_no_dia = 0 THEN 'outro_dia' ELSE 'valor_diferente' END
"""
_SUMS: Final = """
SELECT {kinds}, SUM({figure}_f), SUM({figure}_a) FROM {of} AS vendidas GROUP BY 1
"""
_TABLE_OF: Final[Mapping[Figura, str]] = {
    "receita": "conciliadas",
    "unidades": "conciliadas",
    "pedidos": f"({_ORDERS})",
}


def reconcile(warehouse: Warehouse, dia: date, *, timezone: str, now: datetime) -> list[Reconciled]:
    """Compare a day of the shop and write what is found in place of what was found before."""
    with warehouse.transaction() as transaction:
        transaction.execute("LOCK TABLE conciliacao_diaria")
        sums = list(_read(transaction, dia, timezone))
        live = read_live_day(transaction, dia, timezone=timezone)
        rows = [_row(dia, figura, found, live, now) for figura, found in sums]
        transaction.execute("DELETE FROM conciliacao_diaria WHERE dia = %s", (dia,))
        insert(transaction, CONCILIACAO, map(astuple, rows))
    return rows


def _read(
    transaction: Transaction, dia: date, timezone: str
) -> Iterator[tuple[Figura, list[Sequence[Any]]]]:
    """Per figure the kinds of sales with the sums of both sides."""
    day = day_in(timezone)
    within = lines_within(day, [(dia, dia)])
    transaction.execute(_SALES.format(day=day, on=day_literal(dia), within=within))
    for figure in FIGURES:
        statement = _SUMS.format(kinds=_KINDS, figure=figure, of=_TABLE_OF[figure])
        yield figure, transaction.rows(statement)
    transaction.execute("DROP TABLE conciliadas")


def _row(
    dia: date, figura: Figura, sums: Sequence[Sequence[Any]], live: LiveDay, now: datetime
) -> Reconciled:
    parts = {kind: bounded(Decimal(arquivo) - Decimal(fluxo)) for kind, fluxo, arquivo in sums}
    none = Decimal(0)
    fluxo, arquivo = (sum((Decimal(row[side]) for row in sums), none) for side in (1, 2))
    return Reconciled(
        dia,
        figura,
        fluxo=bounded(fluxo),
        arquivo=bounded(arquivo),
        diferenca=bounded(arquivo - fluxo),
        ausente_no_fluxo=parts.get("ausente_no_fluxo", none),
        ausente_no_arquivo=parts.get("ausente_no_arquivo", none),
        outro_dia=parts.get("outro_dia", none),
        valor_diferente=parts.get("valor_diferente", none),
        calculada_em=now,
        ao_vivo=live.ao_vivo.get(figura),
        ao_vivo_esperado=live.esperado.get(figura),
        minutos=live.minutos,
        minutos_do_dia=live.minutos_do_dia,
    )
