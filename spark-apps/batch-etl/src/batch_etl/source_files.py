"""The files of an export, and which of them are read."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from service_runtime.errors import PermanentError

Kind = Literal["vendas", "produtos"]

_ENDINGS: Final = (".parquet", ".csv", ".csv.gz", ".csv.zst")
_FOLDERS: Final = re.compile(r"(?:vendas/data=(\d{4}-\d{2}-\d{2})|produtos)/[^/_.][^/]*")


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One version of a file, as S3 lists it; `path` is its key in the bucket."""

    path: str
    kind: Kind
    etag: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """What the path of a file says of it; `day` is that of a sales file's folder."""

    kind: Kind
    day: date | None = None


def place_of(path: str) -> Place | None:
    """Where a path below the exports' own folder belongs; None for what is no export.

    Names that begin with `_` or `.` are what other programs leave beside their files.
    """
    found = _FOLDERS.fullmatch(path)
    if not found or not path.lower().endswith(_ENDINGS):
        return None
    if found[1] is None:
        return Place("produtos")
    try:
        return Place("vendas", date.fromisoformat(found[1]))
    except ValueError:
        return None


def key_of_import(name: str, digest: str, today: date, *, products: bool) -> str:
    """Where a file that somebody imports is put: in the place of no other, by its digest.

    Raises PermanentError for an unknown ending.
    """
    if not name.lower().endswith(_ENDINGS):
        raise PermanentError(f"{name}: the name must end with one of {', '.join(_ENDINGS)}")
    folder = "produtos" if products else f"vendas/data={today}"
    return f"{folder}/importado-{digest[:16]}-{name}"
