"""Reads files of sales and products as tests write them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from batch_etl.layout import Rules

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
RULES = Rules(timezone="America/Sao_Paulo", now=NOW)
HEADER = "id_pedido,id_produto,quantidade,preco,data,id_usuario,regiao"


def rows(batches: Iterator[pa.RecordBatch]) -> list[dict[str, Any]]:
    return [row for batch in batches for row in batch.to_pylist()]


def written(folder: Path, content: bytes | str) -> Path:
    path = folder / "arquivo"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
