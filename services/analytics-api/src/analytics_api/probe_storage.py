"""Reads the probes that were committed: events of type `sonda`, sent to see them come out."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from analytics_api.ledger_storage import Ranges, in_ranges, utc
from analytics_api.models import Sonda
from event_contracts.evento import TipoEvento
from event_contracts.names import QUERY_WAREHOUSE, TOPIC_EVENTOS
from warehouse.literals import literal
from warehouse.transaction import Transaction

AT_ONCE: Final = timedelta(minutes=15)
"""Probes dated longer before the stream's last commit are not among what a commit adds: the table
is sorted by `timestamp`, and reading more than its end with every commit would cost much."""
IN_THE_END: Final = timedelta(hours=24)
"""Nor are probes dated longer before it looked for at all. An outage may last as long."""
LOOK_BACK_EVERY: Final = timedelta(minutes=5)
"""How often, by the commits' times, all probes of IN_THE_END are read."""
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


@dataclass(frozen=True, slots=True)
class Probes:
    """The newest probes, newest first, and of which commit all of IN_THE_END were read."""

    newest: list[Sonda] = field(default_factory=list)
    looked_back_at: datetime | None = None


def all_probes(transaction: Transaction, done: Ranges, *, at: datetime) -> Probes:
    """The probes of the last IN_THE_END, from the warehouse alone.

    `done` are all offsets of the topic of events that the ledger has, `at` is its last commit.
    """
    return Probes(_read(transaction, done, at=at, since=at - IN_THE_END), at)


def newer_probes(
    transaction: Transaction, known: Probes, *, added: Ranges, done: Ranges, at: datetime
) -> Probes:
    """The known ones and those that the added offsets hold, which continue what was read before.

    Those that waited for long, in an outage, come up to LOOK_BACK_EVERY later.
    """
    if known.looked_back_at is None or at - known.looked_back_at >= LOOK_BACK_EVERY:
        told = {probe.id_evento: probe for probe in known.newest}
        found = all_probes(transaction, done, at=at).newest
        return Probes([told.get(probe.id_evento, probe) for probe in found], at)
    newer = _read(transaction, added, at=at, since=at - AT_ONCE)
    return Probes([*newer, *known.newest][:MOST_PROBES], known.looked_back_at)


def _read(
    transaction: Transaction, ranges: Ranges, *, at: datetime, since: datetime
) -> list[Sonda]:
    """The probes dated `since` or later in these offsets, which the ledger had all committed by
    `at`.

    The ledger's rows of earlier days, in UTC, may be folded, and then have the day's last commit:
    nobody knows when a probe of theirs was committed.
    """
    if not ranges:
        return []
    rows = transaction.rows(_PROBES.format(since=literal(since), ranges=in_ranges(ranges)))
    return [
        _probe(*(utc(each) for each in moments), name=name, today=at.date())
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
