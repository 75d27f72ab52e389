"""Snapshots of the live figures, so that a new driver need not read an hour again."""

import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from stream_processor.live_figures import LiveFigures

logger = logging.getLogger(__name__)

_KEPT: Final = 2
_ENDING: Final = ".duckdb"


class Snapshots:
    """Files of a folder that any of Hadoop's file systems holds, named after their moments.

    One is only ever useful, never needed: what cannot be written or read is left out, with a
    warning.
    """

    def __init__(self, session: SparkSession, url: str) -> None:
        assert session.sparkContext._jvm is not None
        self._hadoop: Any = session.sparkContext._jvm.org.apache.hadoop.fs
        self._folder = self._hadoop.Path(url)
        configuration = session.sparkContext._jsc.hadoopConfiguration()
        self._files = self._folder.getFileSystem(configuration)

    def save(
        self, figures: LiveFigures, positions: dict[int, int], first_minute: int, now: datetime
    ) -> None:
        """Keep these figures as the newest."""
        try:
            with TemporaryDirectory(prefix="snapshot-") as folder:
                local = Path(folder) / "figures.duckdb"
                figures.save(local, positions=positions, first_minute=first_minute)
                self._put(local, f"{now:%Y%m%dT%H%M%S%f}{_ENDING}")
            for old in self._names()[_KEPT:]:
                self._files.delete(self._path(old), False)
        except (Py4JJavaError, duckdb.Error) as error:
            logger.warning("live figures not kept", extra={"why": str(error)})

    def newest(self) -> Iterator[tuple[LiveFigures, dict[int, int], int]]:
        """Figures with their offsets and first minute, newest first."""
        for name in self._names():
            figures = LiveFigures()
            try:
                with TemporaryDirectory(prefix="snapshot-") as folder:
                    local = Path(folder) / "figures.duckdb"
                    self._files.copyToLocalFile(self._path(name), self._hadoop.Path(str(local)))
                    positions, first_minute = figures.restore(local)
            except (Py4JJavaError, duckdb.Error) as error:
                what = {"snapshot": name, "why": str(error)}
                logger.warning("kept live figures cannot be read", extra=what)
            else:
                yield figures, positions, first_minute

    def _put(self, local: Path, name: str) -> None:
        """Seen under its name only when it is whole."""
        partial = self._path(f"{name}.partial")
        self._files.copyFromLocalFile(False, True, self._hadoop.Path(str(local)), partial)
        self._files.rename(partial, self._path(name))

    def _names(self) -> list[str]:
        if not self._files.exists(self._folder):
            return []
        names = [status.getPath().getName() for status in self._files.listStatus(self._folder)]
        return sorted((name for name in names if name.endswith(_ENDING)), reverse=True)

    def _path(self, name: str) -> Any:
        return self._hadoop.Path(self._folder, name)
