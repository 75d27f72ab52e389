"""The record of what was exported: what a reader must find in the files of a day."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from shop_simulator.history import SalesLine


class ExportedFile(msgspec.Struct, kw_only=True, frozen=True):
    """One file: its data rows, and of these the dirty ones by kind. All others are sales."""

    arquivo: str
    formato: str
    linhas: int
    sujas: dict[str, int]


class ExportedDay(msgspec.Struct, kw_only=True, frozen=True):
    """What the day's files say together: each line once, as the last file corrected it."""

    dia: date
    arquivos: tuple[ExportedFile, ...]
    linhas: int
    pedidos: int
    unidades: int
    receita: Decimal


def day_entry(day: date, files: Iterable[ExportedFile], lines: Iterable[SalesLine]) -> ExportedDay:
    """The entry of a day whose clean lines are `lines`."""
    known = list(lines)
    return ExportedDay(
        dia=day,
        arquivos=tuple(files),
        linhas=len(known),
        pedidos=len({line.id_pedido for line in known}),
        unidades=sum(line.quantidade for line in known),
        receita=sum((line.quantidade * line.preco for line in known), Decimal(0)),
    )


_DECODER = msgspec.json.Decoder(ExportedDay)


def decode_days(lines: Iterable[bytes]) -> dict[date, ExportedDay]:
    """By day; of several entries of a day the last one counts."""
    entries = (_DECODER.decode(line) for line in lines if line.endswith(b"\n"))
    return {entry.dia: entry for entry in entries}
