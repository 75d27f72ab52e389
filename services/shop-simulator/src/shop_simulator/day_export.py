"""What the shop's database exports of a day: its files, and what they say."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from shop_simulator.export_faults import ExportFault, ExportRow, with_faults
from shop_simulator.export_formats import FORMATS, PARQUET, PLAIN_CSV, Format
from shop_simulator.export_record import ExportedDay, ExportedFile, day_entry
from shop_simulator.history import SalesLine

CATALOGUE_PATH: Final = "produtos/catalogo.csv"

_SECOND_EVERY: Final = 4
_CORRECTION_EVERY: Final = 9
_CORRECTED: Final = 5


@dataclass(frozen=True, slots=True)
class Export:
    """One file that is to be written below the bucket."""

    path: str
    form: Format
    rows: list[ExportRow]
    faults: dict[ExportFault, int]

    @property
    def entry(self) -> ExportedFile:
        """Its line in the record."""
        return ExportedFile(
            arquivo=self.path,
            formato=self.form.name,
            linhas=len(self.rows),
            sujas={kind.value: count for kind, count in sorted(self.faults.items())},
        )


def history_days(today: date, *, days: int) -> list[date]:
    """The last whole days, the oldest first."""
    return [today - timedelta(days=ago) for ago in range(days, 0, -1)]


def exports_of(day: date, lines: list[SalesLine], *, seed: int) -> tuple[list[Export], ExportedDay]:
    """The day's files, to be written in this order, and what they say; the same for the same seed.

    A format a day, drawn. Every fourth day has a second file with the evening's orders, in another
    format; every ninth a last one that corrects prices of the others.
    """
    rng = random.Random(f"{seed}/exports/{day}")
    number = day.toordinal()
    form = rng.choice(FORMATS)
    cut = _order_start(lines, len(lines) * 2 // 3) if number % _SECOND_EVERY == 0 else len(lines)
    files = [_export(day, "pedidos-1", form, lines[:cut], rng)]
    if cut < len(lines):
        files.append(_export(day, "pedidos-2", _another(form), lines[cut:], rng))
    corrected: list[SalesLine] = []
    if number % _CORRECTION_EVERY == 0:
        corrected = [_corrected(line) for line in rng.sample(lines, min(_CORRECTED, len(lines)))]
        path = f"{_folder(day)}/pedidos-9-correcao.{PARQUET.suffix}"
        files.append(Export(path, PARQUET, [ExportRow(line) for line in corrected], {}))
    return files, day_entry(day, [each.entry for each in files], _merged(lines, corrected))


def partial_export(day: date, lines: Iterable[SalesLine]) -> Export:
    """What the live shop has sold on a day so far, to be written anew each time."""
    rows = [ExportRow(line) for line in lines]
    return Export(f"{_folder(day)}/parcial.{PLAIN_CSV.suffix}", PLAIN_CSV, rows, {})


def _export(
    day: date, name: str, form: Format, lines: list[SalesLine], rng: random.Random
) -> Export:
    rows, faults = with_faults(lines, rng, kinds=form.faults)
    return Export(f"{_folder(day)}/{name}.{form.suffix}", form, rows, faults)


def _folder(day: date) -> str:
    return f"vendas/data={day}"


def _another(form: Format) -> Format:
    return FORMATS[(FORMATS.index(form) + 1) % len(FORMATS)]


def _order_start(lines: list[SalesLine], index: int) -> int:
    """The first index from `index` on at which an order begins, so that none is in two files."""
    while 0 < index < len(lines) and lines[index].id_pedido == lines[index - 1].id_pedido:
        index += 1
    return index


def _corrected(line: SalesLine) -> SalesLine:
    """The same sale at a tenth less."""
    return replace(line, preco=(line.preco * 9 / 10).quantize(line.preco))


def _merged(lines: list[SalesLine], corrected: list[SalesLine]) -> list[SalesLine]:
    latest = {(line.id_pedido, line.id_produto): line for line in (*lines, *corrected)}
    return list(latest.values())
