"""The live shop's sales of a day as its database has them: nearly what the stream was told."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from threading import Lock
from typing import Final
from zlib import crc32

from shop_simulator.customers import Customer
from shop_simulator.history import SalesLine
from shop_simulator.record import Entry
from shop_simulator.rhythm import SHOP_TIME

MOST_LINES: Final = 50_000
"""How many lines of a day are kept; a demonstration has fewer."""

_OF: Final = 50


class LiveSales:
    """Purchases that event-producer accepted, each line once, of today and the day before. One
    thread may add while another reads."""

    def __init__(self, customers: Iterable[Customer]) -> None:
        self._states = {customer.id_usuario: customer.state for customer in customers}
        self._lines: dict[date, dict[tuple[str, str], SalesLine]] = {}
        self._lock = Lock()

    def add(self, entry: Entry) -> None:
        """Anything but a purchase is left out."""
        line = self._line_of(entry)
        if line is None:
            return
        with self._lock:
            of_day = self._lines.setdefault(line.data.date(), {})
            if len(of_day) < MOST_LINES:
                of_day.setdefault((line.id_pedido, line.id_produto), line)
            for day in sorted(self._lines)[:-2]:
                del self._lines[day]

    def by_day(self) -> dict[date, list[SalesLine]]:
        """What is known, in the order in which it was told."""
        with self._lock:
            return {day: list(lines.values()) for day, lines in self._lines.items()}

    def _line_of(self, entry: Entry) -> SalesLine | None:
        if not (
            entry.id_usuario in self._states
            and entry.id_pedido
            and entry.id_produto
            and entry.quantidade
            and entry.preco
            and entry.timestamp
        ):
            return None
        return SalesLine(
            id_pedido=entry.id_pedido,
            id_produto=entry.id_produto,
            id_usuario=entry.id_usuario,
            quantidade=entry.quantidade,
            preco=entry.preco,
            data=entry.timestamp.astimezone(SHOP_TIME),
            regiao=self._states[entry.id_usuario],
        )


def as_exported(lines: Iterable[SalesLine]) -> Iterator[SalesLine]:
    """The lines with differences to reconcile, in one order of fifty each: a price a tenth lower,
    an order that is not exported, an order under a second id that the stream never had."""
    for line in lines:
        match crc32(line.id_pedido.encode()) % _OF:
            case 0:
                yield replace(line, preco=(line.preco * 9 / 10).quantize(line.preco))
            case 1:
                continue
            case 2:
                yield line
                yield replace(line, id_pedido=f"{line.id_pedido}-balcao")
            case _:
                yield line
