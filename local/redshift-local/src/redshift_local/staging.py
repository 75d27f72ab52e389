"""The files that a COPY reads from S3. Everything here blocks: call it from a thread."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from redshift_local import load_errors
from redshift_local.copy_command import CopyCommand
from redshift_local.parquet_csv import csv_chunks
from redshift_local.result_columns import ResultColumn

_FAILURES: Final = (BotoCoreError, ClientError)
_ROLE: Final = re.compile(r"default|arn:aws[a-z-]*:iam::\d+:role/\S+")
_MISSING: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to be loaded, with its size in bytes."""

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
        if not _ROLE.fullmatch(command.role):
            raise load_errors.role_refused(command.role)
        loaded = 0
        for file in self._files(command):
            data = self._data(file)
            if data is not None:
                loaded += 1
                yield from csv_chunks(data, targets, url=file.url)
        if not loaded:
            raise load_errors.prefix_missing(command.source)

    def _files(self, command: CopyCommand) -> list[SourceFile]:
        if not command.manifest:
            return self._below(command.source)
        try:
            data = self._get(command.source)
        except NoCredentialsError:
            raise load_errors.role_refused(command.role) from None
        except _FAILURES as failed:
            doing = "Problem reading manifest file - "
            raise load_errors.leader_failed(failed, context=command.source, doing=doing) from None
        return manifest_files(data)

    def _below(self, prefix: str) -> list[SourceFile]:
        bucket, key = _place(prefix)
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=key
            )
            objects = [entry for page in pages for entry in page.get("Contents", ())]
        except _FAILURES as failed:
            context = f"Listing bucket={bucket} prefix={key}"
            raise load_errors.leader_failed(failed, context=context) from None
        names = ((entry["Key"], int(entry["Size"])) for entry in objects)
        files = [SourceFile(f"s3://{bucket}/{name}", size) for name, size in names if is_data(name)]
        if not files:
            raise load_errors.prefix_missing(key)
        return files

    def _data(self, file: SourceFile) -> bytes | None:
        try:
            data = self._get(file.url)
        except _FAILURES as failed:
            if not file.mandatory and _code(failed) in _MISSING:
                return None
            raise load_errors.file_failed(failed) from None
        if file.size > len(data):
            raise load_errors.http_failed(
                416, "InvalidRange The requested range is not satisfiable"
            )
        if file.size < len(data):
            raise load_errors.scan_failed(f"File '{file.url}' has an invalid version number")
        return data

    def _get(self, url: str) -> bytes:
        bucket, key = _place(url)
        data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return data


def manifest_files(data: bytes) -> list[SourceFile]:
    """What a manifest lists. Raises LoadError where it is not as Redshift wants it: for Parquet
    every entry must say `meta.content_length`."""
    try:
        entries = json.loads(data)["entries"]
        files = [_source_file(entry) for entry in entries]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise load_errors.manifest_wrong("Manifest file is not in correct json format") from None
    if not files:
        raise load_errors.manifest_wrong("Manifest file does not contain any entries")
    return files


def _source_file(entry: dict[str, Any]) -> SourceFile:
    if "meta" not in entry:
        raise load_errors.manifest_wrong("File entry does not have 'meta' key.")
    if "content_length" not in entry["meta"]:
        raise load_errors.manifest_wrong("File entry does not have 'content_length' key.")
    mandatory = bool(entry.get("mandatory", False))
    return SourceFile(str(entry["url"]), int(entry["meta"]["content_length"]), mandatory)


def is_data(key: str) -> bool:
    """Whether an object below a prefix is to be loaded; marks such as _SUCCESS are not."""
    name = key.rsplit("/", 1)[-1]
    return bool(name) and name[0] not in "_."


def _place(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket or not key:
        raise load_errors.prefix_missing(url)
    return bucket, key


def _code(failed: Exception) -> str:
    return str(failed.response["Error"]["Code"]) if isinstance(failed, ClientError) else ""
