"""Finds the columns of a file by their names, the shop's own names included."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from batch_etl.bad_file import BadFileError
from batch_etl.layout import Layout
from event_contracts.texts import BLANKS

_MOST_SHOWN: Final = 60
_LONGEST_SHOWN: Final = 64


@dataclass(frozen=True, slots=True)
class Found:
    """Where the columns of a layout stand in a file, by our name, and what else is in it."""

    positions: Mapping[str, int]
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    absent: tuple[str, ...]


def normal(name: str) -> str:
    """Names are compared without regard to case and to blanks around them."""
    return name.strip(BLANKS + "\t\r\n").casefold()


def fields_of(names: Sequence[str], layout: Layout, mapping: Mapping[str, str]) -> list[str | None]:
    """Our name for each column of a file, None for one that is not ours.

    Of two columns with one name of ours the one in `mapping` counts.
    """
    ours = {field.name for field in layout.fields}
    mapped = {normal(name): normal(target) for name, target in mapping.items()}
    by_mapping = [mapped.get(normal(name)) for name in names]
    taken = {target for target in by_mapping if target in ours}
    found: list[str | None] = []
    for name, target in zip(names, by_mapping, strict=True):
        own = normal(name) if target is None and normal(name) not in taken else target
        found.append(own if own in ours else None)
    return found


def find_columns(
    names: Sequence[str], *, layout: Layout, mapping: Mapping[str, str], file: str
) -> Found:
    """Raises BadFileError if a column is missing or stands there twice."""
    fields = fields_of(names, layout, mapping)
    present = [field for field in fields if field]
    lacking = [f.name for f in layout.fields if not f.optional and f.name not in present]
    if lacking:
        raise BadFileError(file, f"lacks the columns {_list(lacking)}; it has {_list(names)}")
    twice = sorted({field for field in present if present.count(field) > 1})
    if twice:
        raise BadFileError(file, f"has more than one column for {_list(twice)}: {_list(names)}")
    positions = {field: at for at, field in enumerate(fields) if field}
    return Found(
        positions=positions,
        columns={field: names[at] for field, at in positions.items()},
        ignored=tuple(n for n, field in zip(names, fields, strict=True) if not field),
        absent=tuple(f.name for f in layout.fields if f.name not in present),
    )


def _list(names: Sequence[str]) -> str:
    """The names as text. Of one with several lines only the first is shown: the others may be
    records, if a quote is missing."""
    shown = [repr(re.split("[\r\n]", name)[0][:_LONGEST_SHOWN]) for name in names[:_MOST_SHOWN]]
    more = len(names) - len(shown)
    return (", ".join(shown) or "none") + (f" and {more} more" if more else "")
