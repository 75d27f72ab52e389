"""What would be understood of a file, said before it is loaded, in the shopkeeper's language."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from batch_etl.cleaned_file import CleanedFile
from batch_etl.understanding import Understanding
from event_contracts.states import UNKNOWN

_EXAMPLES: Final = 10
_MARKS: Final = {",": "vírgula", ".": "ponto", ";": "ponto e vírgula", "\t": "tabulação"}


def preview(cleaned: CleanedFile) -> Iterator[str]:
    """Lines: how the file was read, what is in it, and what would be rejected."""
    yield from _understood(cleaned.understanding)
    yield from _contents(cleaned.valid())
    yield from _rejections(cleaned.rejected())


def _understood(found: Understanding) -> Iterator[str]:
    parts = [found.format, found.encoding, found.compression]
    yield f"formato: {', '.join(part for part in parts if part)}"
    if found.delimiter:
        yield f"separador: {_MARKS.get(found.delimiter, found.delimiter)}"
    if found.decimal_mark:
        yield f"decimais com: {_MARKS.get(found.decimal_mark, found.decimal_mark)}"
    if found.date_order:
        yield f"datas com barra: {found.date_order}"
    yield from (f"coluna {ours}: {theirs!r}" for ours, theirs in found.columns.items())
    if found.ignored:
        yield f"colunas ignoradas: {', '.join(map(repr, found.ignored))}"
    if found.absent:
        yield f"colunas opcionais que faltam: {', '.join(found.absent)}"


def _contents(batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    rows, unknown, units, revenue = 0, 0, 0, Decimal(0)
    moments: list[datetime] = []
    for batch in batches:
        rows += batch.num_rows
        if "quantidade" in batch.schema.names:
            quantities, prices = batch.column("quantidade"), batch.column("preco")
            unknown += pc.sum(pc.equal(batch.column("regiao"), UNKNOWN)).as_py() or 0
            units += pc.sum(quantities).as_py()
            values = pc.multiply(quantities.cast(pa.decimal128(10, 0)), prices)
            revenue += pc.sum(values).as_py()
            moments += pc.min_max(batch.column("data")).as_py().values()
    yield f"linhas válidas: {rows}"
    if moments:
        first, last = min(moments), max(moments)
        yield f"vendas de {first:%d/%m/%Y %H:%M} a {last:%d/%m/%Y %H:%M} (UTC)"
        yield f"{units} unidades, R$ {revenue:.2f}"
    if unknown:
        yield f"linhas com regiões que não são estados do Brasil: {unknown}"


def _rejections(batches: Iterable[pa.RecordBatch]) -> Iterator[str]:
    reasons: Counter[str] = Counter()
    examples: list[str] = []
    for batch in batches:
        reasons.update(batch.column("motivo").to_pylist())
        lacking = _EXAMPLES - len(examples)
        examples += map(_example, batch.slice(0, lacking).to_pylist())
    yield f"linhas rejeitadas: {reasons.total()}"
    yield from (f"  {reason}: {count}" for reason, count in reasons.most_common())
    yield from examples


def _example(row: dict[str, Any]) -> str:
    field = f", {row['campo']}" if row["campo"] else ""
    return f"  linha {row['linha']}: {row['motivo']}{field}: {row['conteudo']}"
