"""Reads stock levels and the pace of sales from the warehouse."""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any, Final

from analytics_api.ledger_audit import Ledger, last_commit, of_topic
from analytics_api.ledger_storage import Ranges, in_ranges, ranges_between, utc
from analytics_api.outlook import SalesPace, pace_begins
from analytics_api.stock import Level, StockLevels
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_ESTOQUE, TOPIC_EVENTOS
from warehouse.literals import literal
from warehouse.transaction import Transaction

PACE_EVERY: Final = 60.0
"""Seconds after which the pace is read again, if there were commits."""
_LEVELS: Final = (
    "SELECT id_produto, id_armazem, nivel_estoque, ultima_atualizacao, recebido_em FROM estoque"
)
_PACE: Final = (
    "SELECT id_produto, DATE_TRUNC('hour', data), SUM(quantidade) FROM vendas "
    "WHERE data >= {since} GROUP BY 1, 2"
)
_RECORDED_SINCE: Final = (
    "SELECT MIN(committed_at) FROM ingestao "
    f"WHERE query = '{QUERY_WAREHOUSE}' AND topic = '{TOPIC_EVENTOS}'"
)


class StockSource:
    """Keeps levels and pace in step with the ledger. Not safe to share between threads."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        """`clock` counts seconds."""
        self._clock = clock
        self.levels = StockLevels()
        self.pace = SalesPace()
        self._held: Ledger | None = None
        self._pace_of: datetime | None = None
        """The last commit when the pace was read."""
        self._pace_at = -inf

    def forget(self) -> None:
        """Have the next call read everything, also if calls in between fail."""
        self._held = None

    def read(self, transaction: Transaction, ledger: Ledger) -> None:
        """Take in what the stream committed up to this ledger."""
        held = self._held
        if held is None:
            self.levels = StockLevels().changed(_levels(transaction, None))
        elif added := ranges_between(held, ledger, TOPIC_ESTOQUE):
            self.levels = self.levels.changed(_levels(transaction, added))
        self._read_pace(transaction, ledger, anew=held is None)
        self._held = ledger

    def _read_pace(self, transaction: Transaction, ledger: Ledger, *, anew: bool) -> None:
        at = last_commit(of_topic(ledger, TOPIC_EVENTOS))
        is_due = self._clock() - self._pace_at >= PACE_EVERY
        if at is None or not (anew or (at != self._pace_of and is_due)):
            return
        rows = transaction.rows(_PACE.format(since=literal(pace_begins(at))))
        since = transaction.row(_RECORDED_SINCE)[0]
        sold = ((str(name), utc(hour), int(units)) for name, hour, units in rows)
        self.pace = SalesPace.of(sold, None if since is None else _begun(utc(since), at))
        self._pace_of, self._pace_at = at, self._clock()


def _levels(transaction: Transaction, added: Ranges | None) -> list[Level]:
    """The latest levels: all of them, or those that were set by records of these offsets."""
    where = "" if added is None else f" WHERE {in_ranges(added)}"
    return [_level(row) for row in transaction.rows(_LEVELS + where)]


def _level(row: Sequence[Any]) -> Level:
    id_produto, id_armazem, units, updated_at, received_at = row
    return Level(str(id_produto), str(id_armazem), int(units), utc(updated_at), utc(received_at))


def _begun(since: datetime, now: datetime) -> datetime:
    """`since`, or the beginning of its day if that is past: of a past day the folded ledger keeps
    only the last commit."""
    midnight = since.replace(hour=0, minute=0, second=0, microsecond=0)
    return since if since.date() == now.date() else midnight
