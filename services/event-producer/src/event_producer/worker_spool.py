"""The spool of each worker: a file of its own, locked for as long as the worker lives."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from event_producer.spool import Spool, SpoolInUseError
from service_runtime.errors import TransientError

_log = logging.getLogger(__name__)


class WorkerSpool(NamedTuple):
    """A worker's number, from 0, and its spool."""

    worker: int
    spool: Spool


def open_worker_spool(path: Path, *, workers: int, max_bytes: int) -> WorkerSpool:
    """Open the first spool that no other worker has locked; all share `max_bytes` equally.

    An earlier start may have had more workers. Worker 0 moves the events of their spools into its
    own; while the disk has no room for that, they stay until a later start. Raises
    `SpoolInUseError` if every spool is locked, `PermanentError` if one cannot be opened.
    """
    own = _first_free(path, workers, max_bytes // workers)
    if own.worker == 0:
        for left in _left_over(path, workers):
            _adopt(left, own.spool)
    return own


def _first_free(path: Path, workers: int, max_bytes: int) -> WorkerSpool:
    for worker in range(workers):
        try:
            return WorkerSpool(worker, Spool(_path_of(path, worker), max_bytes=max_bytes))
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
