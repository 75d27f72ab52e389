"""The spools of each worker: files of its own, locked for as long as the worker lives."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from event_producer.spool import Spool, SpoolInUseError
from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)


STOCK_SHARE: Final = 8
"""Stock updates have this part of a worker's bytes, as 1 to so many: they are few and small, and
the next one replaces those before."""


class SpoolLimits(NamedTuple):
    """The bytes that one worker's spools may take."""

    eventos: int
    estoque: int


class WorkerSpools(NamedTuple):
    """A worker's number, from 0, and its spools; None where nothing is, or was, put into it."""

    worker: int
    eventos: Spool
    estoque: Spool | None


def divided(max_bytes: int, *, workers: int, takes_stock: bool) -> SpoolLimits:
    """The limits of each worker, which all together keep within `max_bytes`."""
    own = max_bytes // workers
    estoque = own // STOCK_SHARE if takes_stock else 0
    return SpoolLimits(own - estoque, estoque)


def open_worker_spools(path: Path, *, workers: int, limits: SpoolLimits) -> WorkerSpools:
    """Open the spools of the first worker whose events' spool no other process has locked.

    An earlier start may have had more workers, or have taken stock updates. Worker 0 moves the
    messages of the further workers' spools into its own, whatever its limit; while the disk has no
    room for that, they stay until a later start. Raises `SpoolInUseError` if every spool is locked,
    `PermanentError` if one cannot be opened.
    """
    worker, eventos = _first_free(path, workers, limits.eventos)
    opened = [(path, eventos)]
    of_stock = path.with_name(f"{path.name}.estoque")
    estoque = None
    if limits.estoque or any(path.parent.glob(f"{of_stock.name}*")):
        estoque = Spool(_path_of(of_stock, worker), max_bytes=limits.estoque)
        opened.append((of_stock, estoque))
    if worker == 0:
        for base, spool in opened:
            for left in _left_over(base, workers):
                _adopt(left, spool)
    return WorkerSpools(worker, eventos, estoque)


def _first_free(path: Path, workers: int, max_bytes: int) -> tuple[int, Spool]:
    for worker in range(workers):
        try:
            return worker, Spool(_path_of(path, worker), max_bytes=max_bytes)
        except SpoolInUseError:
            if worker == workers - 1:
                raise
    raise AssertionError("there is at least one worker")


def _path_of(path: Path, worker: int) -> Path:
    return path.with_name(f"{path.name}.{worker}") if worker else path


def _left_over(path: Path, workers: int) -> Iterator[Path]:
    for found in sorted(path.parent.glob(f"{path.name}.*")):
        number = found.name.removeprefix(f"{path.name}.")
        if number.isdecimal() and int(number) >= workers:
            yield found


def _adopt(path: Path, into: Spool) -> None:
    try:
        left = Spool(path, max_bytes=0)
    except SpoolInUseError:
        _log.warning("a spool is still in use and is left", extra={"spool": path.name})
        return
    n_messages = left.n_messages
    try:
        left.move_to(into)
    except TransientError:
        left.close()
        _log.exception("a spool is left for the next start", extra={"spool": path.name})
        return
    _log.info("took over a spool", extra={"spool": path.name, "events": n_messages})
