"""The dirty rows of an export: beside the sales, never in place of one."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from shop_simulator.history import SalesLine
from shop_simulator.rhythm import SHOP_TIME

_MOST: Final = 6
_NO_DATE: Final = datetime(1899, 12, 30, tzinfo=SHOP_TIME)
"""What spreadsheets make of a date that is not there."""


class ExportFault(StrEnum):
    """What is wrong with a row; of a repeated one only that it is there again."""

    NEGATIVE_QUANTITY = "negative_quantity"
    EMPTY_PRICE = "empty_price"
    PRICE_IS_TEXT = "price_is_text"
    OLD_DATE = "old_date"
    REPEATED = "repeated"


TYPED_FAULTS: Final = tuple(fault for fault in ExportFault if fault != ExportFault.PRICE_IS_TEXT)
"""Those that a file with typed columns can hold."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A row as it is written; `price_text`, if given, stands where the price should be."""

    line: SalesLine
    price_text: str | None = None


def with_faults(
    lines: Sequence[SalesLine], rng: random.Random, *, kinds: Sequence[ExportFault]
) -> tuple[list[ExportRow], Counter[ExportFault]]:
    """All lines as rows with up to six dirty ones among them, and how many there are of each kind.

    A row that is to be refused has an `id_pedido` of its own; a repeated one equals another.
    """
    rows = [ExportRow(line) for line in lines]
    faults = rng.choices(kinds, k=rng.randint(0, _MOST)) if lines else []
    for number, fault in enumerate(faults, start=1):
        row = _faulty_row(rng.choice(lines), fault, number=number)
        rows.insert(rng.randint(0, len(rows)), row)
    return rows, Counter(faults)


def _faulty_row(line: SalesLine, fault: ExportFault, *, number: int) -> ExportRow:
    if fault is ExportFault.REPEATED:
        return ExportRow(line)
    other = replace(line, id_pedido=f"{line.id_pedido}-x{number}")
    match fault:
        case ExportFault.NEGATIVE_QUANTITY:
            return ExportRow(replace(other, quantidade=-line.quantidade))
        case ExportFault.EMPTY_PRICE:
            return ExportRow(other, price_text="")
        case ExportFault.PRICE_IS_TEXT:
            return ExportRow(other, price_text="abc")
        case ExportFault.OLD_DATE:
            return ExportRow(replace(other, data=_NO_DATE))
