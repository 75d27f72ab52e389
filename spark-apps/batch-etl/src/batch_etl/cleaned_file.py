"""A file of which every row is either clean or rejected with a reason.

The rows are cleaned once, by DuckDB as they are read, into a temporary Parquet file; then it is
known how the whole file writes its decimals and which rows repeat others, and they are taken from
there. Neither pass holds more than a few batches in memory.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from batch_etl.clean_query import CONTENT, ERROR
from batch_etl.cleaned_rows import CleanedRows, write_cleaned
from batch_etl.database import open_database
from batch_etl.layout import Layout, Rules
from batch_etl.raw_rows import LINHA
from batch_etl.reasons import MAX_CONTENT_BYTES, REJECTED, MotivoLinha
from batch_etl.repeats import repeats
from event_contracts.texts import cut_bytes

_ROWS: Final = 65_536


class CleanedFile:
    """What a file holds. `valid` and `rejected` may be called again; until it is closed, a copy of
    the rows is kept on disk.

    Of rows that agree in the key the last valid one stands, and the others are LINHA_REPETIDA,
    whether they are identical or not.
    """

    def __init__(
        self,
        folder: "TemporaryDirectory[str]",
        layout: Layout,
        cleaned: CleanedRows,
        repeated: NDArray[np.int64],
    ) -> None:
        self.understanding = cleaned.understanding
        self._folder = folder
        self._layout = layout
        self._path = cleaned.path
        self._repeated = repeated

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._folder.cleanup()

    def valid(self) -> Iterator[pa.RecordBatch]:
        """The clean rows in the order of the file, with the layout's schema."""
        schema = self._layout.schema
        for batch in self._batches([*schema.names, ERROR]):
            rows = batch.filter(pa.array(_has_no_error(batch) & ~self._repeats(batch)))
            if rows.num_rows:
                yield rows.select(schema.names).cast(schema)

    def rejected(self) -> Iterator[pa.RecordBatch]:
        """The other rows in the order of the file, as REJECTED.

        `conteudo` is the row as it was read; of a repeated row, the cleaned values as JSON.
        """
        for batch in self._batches(None):
            rows = batch.filter(pa.array(~_has_no_error(batch) | self._repeats(batch)))
            if rows.num_rows:
                rejections = [_rejection(row) for row in rows.to_pylist()]
                yield pa.RecordBatch.from_pylist(rejections, REJECTED)

    def _batches(self, columns: list[str] | None) -> Iterator[pa.RecordBatch]:
        with pa.parquet.ParquetFile(self._path, pre_buffer=False) as file:
            yield from file.iter_batches(_ROWS, columns=columns, use_threads=False)

    def _repeats(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = np.isin(batch[LINHA].to_numpy(), self._repeated)
        return mask


def _has_no_error(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = batch[ERROR].is_null().to_numpy(zero_copy_only=False)
    return mask


def _rejection(row: dict[str, Any]) -> dict[str, Any]:
    error, content, linha = row.pop(ERROR), row.pop(CONTENT), row.pop(LINHA)
    if error is None:
        error = f":{MotivoLinha.LINHA_REPETIDA}"
        texts = {name: value if value is None else str(value) for name, value in row.items()}
        content = json.dumps(texts, ensure_ascii=False)
    campo, _, motivo = error.partition(":")
    return {
        "linha": linha,
        "motivo": motivo,
        "campo": campo or None,
        "conteudo": cut_bytes(content, MAX_CONTENT_BYTES),
    }


def read_file(path: Path, *, name: str, layout: Layout, rules: Rules) -> CleanedFile:
    """Raises BadFileError if the file as a whole cannot be read."""
    folder = TemporaryDirectory(prefix="batch-etl-", dir=rules.temp_folder)
    try:
        with open_database(folder.name, memory_limit=rules.memory_limit) as db:
            rows = Path(folder.name) / "rows.parquet"
            cleaned = write_cleaned(path, name=name, layout=layout, rules=rules, db=db, to=rows)
            return CleanedFile(folder, layout, cleaned, repeats(db, rows, layout))
    except BaseException:
        folder.cleanup()
        raise
