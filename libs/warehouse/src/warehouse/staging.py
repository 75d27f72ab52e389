"""The staging area on S3: Parquet files, and the manifests that list them for COPY."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from service_runtime.errors import PermanentError, TransientError
from warehouse.settings import StagingSettings

_REQUEST_SECONDS: Final = 20
_ROWS_AT_ONCE: Final = 65_536


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One Parquet file; COPY wants its size in bytes in the manifest."""

    url: str
    size: int


class StagingArea:
    """Objects below one S3 prefix. Raises TransientError while S3 is away."""

    def __init__(self, settings: StagingSettings) -> None:
        parts = urlsplit(settings.staging_url)
        if parts.scheme != "s3" or not parts.netloc:
            raise PermanentError(f"not an S3 URL: {settings.staging_url}")
        self._prefix = f"{parts.netloc}{parts.path}".rstrip("/")
        self._files = fs.S3FileSystem(
            region=settings.aws_region,
            endpoint_override=settings.s3_endpoint_url,
            request_timeout=_REQUEST_SECONDS,
            connect_timeout=_REQUEST_SECONDS,
            allow_delayed_open=True,  # one PUT for a small file, instead of three requests
        )

    def write_table(self, table: pa.Table, name: str) -> StagedFile:
        """Write one Parquet file; `name` is relative to the prefix.

        Without dictionaries: ids and moments seldom repeat, and building them costs much CPU.
        """
        sink = pa.BufferOutputStream()
        pq.write_table(
            table, sink, compression="snappy", use_dictionary=False, write_statistics=False
        )
        return self._write(name, sink.getvalue())

    def write_manifest(self, staged: Iterable[StagedFile], name: str) -> StagedFile:
        """Write the list of files that one COPY is to read, all of them or none."""
        entries = [
            {"url": f.url, "mandatory": True, "meta": {"content_length": f.size}} for f in staged
        ]
        return self._write(name, pa.py_buffer(json.dumps({"entries": entries}).encode()))

    def batches(self, staged: StagedFile, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """These columns of a Parquet file; no more than one row group is in memory at once."""
        try:
            with (
                self._files.open_input_file(staged.url.removeprefix("s3://")) as source,
                pq.ParquetFile(source, pre_buffer=False) as file,
            ):
                yield from file.iter_batches(_ROWS_AT_ONCE, columns=columns, use_threads=False)
        except OSError as error:
            raise TransientError(f"staging: {error}") from error

    def remove_folder(self, name: str) -> None:
        """Remove a folder with all files in it; it may be gone already."""
        try:
            self._files.delete_dir(f"{self._prefix}/{name}")
        except FileNotFoundError:
            return
        except OSError as error:
            raise TransientError(f"staging: {error}") from error

    def _write(self, name: str, content: pa.Buffer) -> StagedFile:
        path = f"{self._prefix}/{name}"
        try:
            with self._files.open_output_stream(path) as stream:
                stream.write(content)
        except OSError as error:
            raise TransientError(f"staging: {error}") from error
        return StagedFile(f"s3://{path}", content.size)
