"""The files that a COPY reads from S3. Everything here blocks: call it from a thread."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from redshift_local.columns import ResultColumn
from redshift_local.copy_command import CopyCommand
from redshift_local.refusal import LoadError
from redshift_local.rows import csv_chunks

_MISSING: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404"})
_UNREACHABLE: Final = "58030"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file to be loaded; a negative size is not known."""

    url: str
    size: int
    mandatory: bool = True


class Staging:
    """An S3 client that stays open; safe to use from several threads."""

    def __init__(self, endpoint_url: str | None) -> None:
        retries = {"mode": "standard", "total_max_attempts": 3}
        config = Config(
            connect_timeout=5, read_timeout=60, retries=retries, max_pool_connections=16
        )
        self._client: Any = boto3.client("s3", endpoint_url=endpoint_url, config=config)

    def chunks(self, command: CopyCommand, targets: Sequence[ResultColumn]) -> Iterator[bytes]:
        """The rows of every file as CSV. Raises LoadError."""
        for file in self._files(command):
            data = self._read(file)
            if data is not None:
                yield from csv_chunks(data, targets, url=file.url)

    def _files(self, command: CopyCommand) -> list[StagedFile]:
        if not command.manifest:
            return self._below(command.source)
        data = self._read(StagedFile(command.source, size=-1))
        return manifest_files(data or b"", url=command.source)

    def _below(self, prefix: str) -> list[StagedFile]:
        bucket, key = _place(prefix)
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=key
            )
            objects = [entry for page in pages for entry in page.get("Contents", ())]
        except (BotoCoreError, ClientError) as failed:
            raise _as_load_error(failed, prefix) from None
        names = ((entry["Key"], int(entry["Size"])) for entry in objects)
        files = [StagedFile(f"s3://{bucket}/{name}", size) for name, size in names if is_data(name)]
        if not files:
            raise LoadError(f"The specified S3 prefix '{key}' does not exist")
        return files

    def _read(self, file: StagedFile) -> bytes | None:
        bucket, key = _place(file.url)
        try:
            data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as failed:
            if not file.mandatory and _code(failed) in _MISSING:
                return None
            raise _as_load_error(failed, file.url) from None
        if 0 <= file.size != len(data):
            raise LoadError(
                f"{file.url} has {len(data)} bytes, but content_length says {file.size}"
            )
        return data


def manifest_files(data: bytes, *, url: str) -> list[StagedFile]:
    """What a manifest lists. Raises LoadError where it is not as Redshift wants it: for Parquet
    every entry must say `meta.content_length`."""
    try:
        entries = json.loads(data)["entries"]
        files = [
            StagedFile(
                str(entry["url"]),
                int(entry["meta"]["content_length"]),
                mandatory=bool(entry.get("mandatory", False)),
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise LoadError(
            f"The manifest {url} is malformed: {type(broken).__name__} {broken}; "
            'wanted {"entries": [{"url", "mandatory", "meta": {"content_length"}}]}'
        ) from None
    if not files:
        raise LoadError(f"The manifest {url} lists no file")
    return files


def is_data(key: str) -> bool:
    """Whether an object below a prefix is to be loaded; marks such as _SUCCESS are not."""
    name = key.rsplit("/", 1)[-1]
    return bool(name) and name[0] not in "_."


def _place(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket or not key:
        raise LoadError(f"{url!r} names no bucket and key")
    return bucket, key


def _code(failed: Exception) -> str:
    return str(failed.response["Error"]["Code"]) if isinstance(failed, ClientError) else ""


def _as_load_error(failed: Exception, url: str) -> LoadError:
    """A missing file will stay missing; a store that is away will come back."""
    if not isinstance(failed, ClientError):
        return LoadError(f"S3ServiceException: {url}: {failed}", _UNREACHABLE)
    status = int(failed.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
    state = _UNREACHABLE if status >= 500 or status == 429 else "XX000"
    return LoadError(f"S3ServiceException: {url}: {failed}, Status {status}", state)
