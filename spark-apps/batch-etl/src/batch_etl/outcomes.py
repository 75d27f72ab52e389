"""What became of the files that were staged, as the driver puts it together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from batch_etl.groups import grouped
from batch_etl.month_figures import DatedFile
from batch_etl.source_files import Kind, SourceFile
from service_runtime.errors import PermanentError
from warehouse.history.versions import FileVersion
from warehouse.staging import StagedFile

LOADED_IN_ORDER: Final[tuple[Kind, ...]] = ("produtos", "vendas")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task made of a file: a staged Parquet file of valid or of rejected rows, or the
    problem for which nothing of it can be loaded. One with neither says that the file was read,
    or, if it `changed` since it was listed, that it was not. Of valid sales it tells the first and
    the last `data`, UTC without a zone."""

    path: str
    n_valid: int = 0
    n_rejected: int = 0
    url: str | None = None
    size: int | None = None
    problem: str | None = None
    changed: bool = False
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file whose rows are staged."""

    file: SourceFile
    n_valid: int
    n_rejected: int
    valid: Sequence[StagedFile]
    rejected: Sequence[StagedFile]
    dated: Sequence[DatedFile] = ()
    """The valid rows again, if they are sales."""

    @property
    def version(self) -> FileVersion:
        """As the warehouse knows it."""
        return FileVersion(
            self.file.path,
            self.file.etag,
            self.file.size,
            self.file.modified_at,
            self.n_valid + self.n_rejected,
        )


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file of which nothing can be loaded."""

    file: SourceFile
    problem: str

    @property
    def version(self) -> FileVersion:
        """As the warehouse knows it."""
        file = self.file
        return FileVersion(file.path, file.etag, file.size, file.modified_at)


def sorted_out(
    files: Iterable[SourceFile], outcomes: Iterable[Outcome]
) -> tuple[list[ReadFile], list[BadFile]]:
    """The files that were read and the bad ones, both in the order of `files`.

    One that changed meanwhile is in neither. Raises PermanentError where a file has no outcome.
    """
    by_path: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_path[outcome.path].append(outcome)
    read, bad = [], []
    for file in files:
        own = by_path[file.path]
        if not own:
            raise PermanentError(f"no task read {file.path}")
        if any(each.changed for each in own):
            continue
        problem = next((each.problem for each in own if each.problem), None)
        if problem is None:
            read.append(_read_file(file, own))
        else:
            bad.append(BadFile(file, problem))
    return read, bad


def _read_file(file: SourceFile, own: Sequence[Outcome]) -> ReadFile:
    staged = [(each, StagedFile(each.url, each.size)) for each in own if each.url and each.size]
    return ReadFile(
        file,
        n_valid=sum(each.n_valid for each in own),
        n_rejected=sum(each.n_rejected for each in own),
        valid=[stored for each, stored in staged if each.n_valid],
        rejected=[stored for each, stored in staged if each.n_rejected],
        dated=[
            DatedFile(stored, each.first, each.last)
            for each, stored in staged
            if each.first and each.last
        ],
    )


def loads_of(
    read: Sequence[ReadFile], *, most_rows: int
) -> Iterator[tuple[Kind, Sequence[ReadFile]]]:
    """What is loaded at once: files of one kind, of at most so many rows, the rejected ones too.

    Products come first, since the figures of a day tell their categories.
    """
    for kind in LOADED_IN_ORDER:
        own = (each for each in read if each.file.kind == kind)
        for files in grouped(own, lambda each: each.version.n_lidas, at_most=most_rows):
            yield kind, files
