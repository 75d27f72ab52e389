"""What a check found of a day or of a whole table."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from warehouse.quality.checks import Check, OfRows, TaxaPorMotivo, Volume


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is None where there is nothing to measure, `day` where all rows were looked at.
    `note` says in the shopkeeper's language what the value is made of."""

    table: str
    check: Check
    name: str
    day: date | None
    value: Decimal | None
    note: str


Found = tuple[Decimal | None, str]
"""A value and its note."""


def share_or_count(check: OfRows, wrong: int, considered: int) -> Found:
    """The rows that are wrong, or their share among those considered."""
    note = f"{wrong} de {considered} linhas"
    if check.medida == "linhas":
        return Decimal(wrong), note
    return (Decimal(wrong) / considered if considered else None), note


def age(newest: datetime | None, at: datetime) -> Found:
    """Hours from the newest row to a moment, none if it is later."""
    if newest is None:
        return None, "nenhuma linha"
    hours = Decimal(max(at - newest, timedelta()) // timedelta(seconds=1)) / 3600
    return hours, f"a mais nova é de {newest:%d/%m/%Y %H:%M} UTC"


def volume(check: Volume, count: int, before: Sequence[int]) -> Found:
    """A day's rows as a multiple of the mean of the days before that have any."""
    days = [rows for rows in before if rows]
    if len(days) < check.minimo_de_semanas:
        return None, f"{count} linhas; só {len(days)} semanas para comparar"
    mean = Decimal(sum(days)) / len(days)
    note = f"{count} linhas; a média de {len(days)} semanas é {mean:.1f}"
    return (None if mean < check.minimo_de_linhas else count / mean), note


def rates(
    check: TaxaPorMotivo, refused: Mapping[str, int], total: Callable[[], int]
) -> Iterable[tuple[str, Found]]:
    """A name and a rate for each reason that was found; one of 0 if there was none."""
    some = {reason: count for reason, count in refused.items() if count}
    if not some:
        yield check.nome, (Decimal(0), "nenhum registro recusado")
        return
    # The ledger's days are those of the commits, so that it may have fewer than were refused.
    records = max(total(), sum(some.values()))
    for reason, count in some.items():
        rate = Decimal(count) / records
        yield f"{check.nome}:{reason}", (rate, f"{count} de {records} registros")
