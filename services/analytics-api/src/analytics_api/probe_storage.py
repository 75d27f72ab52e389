"""Reads the probes that were committed: events of type `sonda`, sent to see them come out."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from analytics_api.ledger_storage import Ranges, in_ranges
from analytics_api.models import Sonda
from event_contracts.evento import TipoEvento
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from warehouse.connection import Transaction
from warehouse.literals import literal

LOOK_BACK: Final = timedelta(hours=24)
"""Probes dated longer before the stream's last commit are not looked for: the table is sorted by
`timestamp`, so that all but its last day is left out. An outage may last as long."""
MOST_PROBES: Final = 20
"""How many are told, however many are sent."""
_PROBES: Final = (
    'SELECT id_evento, "timestamp", recebido_em, committed_at FROM ('
    'SELECT id_evento, "timestamp", recebido_em, kafka_partition, kafka_offset '
    f"FROM eventos_clientes WHERE tipo_evento = '{TipoEvento.SONDA}' "
    f'AND "timestamp" >= {{since}} AND ({{ranges}}) ORDER BY recebido_em DESC LIMIT {MOST_PROBES}'
    ') AS sondas JOIN ingestao ON "partition" = kafka_partition '
    "AND off_from <= kafka_offset AND off_to > kafka_offset "
    f"WHERE query = '{QUERY_WAREHOUSE}' AND topic = '{TOPIC_EVENTOS}' ORDER BY recebido_em DESC"
)


def committed_probes(
    transaction: Transaction, ranges: Ranges, *, last_commit: datetime
) -> list[Sonda]:
    """The newest probes among these offsets, all of them done; newest first.

    `last_commit` is that of the whole ledger. The ledger's rows of earlier days, in UTC, may be
    folded, and then have the day's last commit: nobody knows when a probe of theirs was committed.
    """
    since = literal(last_commit - LOOK_BACK)
    rows = transaction.rows(_PROBES.format(since=since, ranges=in_ranges(ranges)))
    return [
        _probe(*(each.replace(tzinfo=UTC) for each in moments), name=name, today=last_commit.date())
        for name, *moments in rows
    ]


def _probe(
    sent: datetime, received: datetime, committed: datetime, *, name: str, today: date
) -> Sonda:
    known = committed.date() >= today
    return Sonda(
        id_evento=name,
        enviada_em=sent,
        recebida_em=received,
        gravada_em=committed if known else None,
        segundos=round((committed - sent).total_seconds(), 3) if known else None,
    )
