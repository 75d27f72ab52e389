"""The exports on S3: listed, and fetched to a local file."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from batch_etl.intervals import Interval
from batch_etl.source_files import Place, SourceFile, place_of
from service_runtime.errors import PermanentError, TransientError
from service_runtime.settings import S3Settings

_WAITS: Final = Config(
    connect_timeout=20, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 3}
)
_FINAL: Final = frozenset({"AccessDenied", "NoSuchBucket", "404", "403"})
_CHANGED: Final = frozenset({"PreconditionFailed", "NoSuchKey", "412"})


class ChangedFileError(TransientError):
    """Another version of the file stands in its place, or none."""


class ObjectSource:
    """The objects below `s3://bucket/prefix`. Raises TransientError while S3 is away, and
    PermanentError where it refuses."""

    def __init__(self, url: str, settings: S3Settings) -> None:
        parts = urlsplit(url)
        self._bucket = parts.netloc
        folder = parts.path.strip("/")
        self._folder = f"{folder}/" if folder else ""
        self._client = boto3.client(
            "s3",
            region_name=settings.aws_region,
            endpoint_url=settings.s3_endpoint_url,
            config=_WAITS,
        )

    def files(self, interval: Interval) -> list[SourceFile]:
        """The product files, and the sales files of the interval's folders, by path."""
        sales = f"{self._folder}vendas/data="
        listed = [
            *self._listed(f"{self._folder}produtos/"),
            *self._listed(sales, after=f"{sales}{interval.first}"),
        ]
        return sorted(
            file
            for entry in listed
            if (place := place_of(entry["Key"].removeprefix(self._folder)))
            if _is_within(place, interval)
            for file in [_source_file(entry, place)]
        )

    def fetch(self, file: SourceFile, target: Path) -> None:
        """Write this version of a file to a local path; ChangedFileError where it is gone."""
        with _s3_errors(file.path):
            answer = self._client.get_object(
                Bucket=self._bucket, Key=file.path, IfMatch=f'"{file.etag}"'
            )
            with target.open("wb") as output:
                for block in answer["Body"].iter_chunks(1 << 20):
                    output.write(block)

    def put(self, path: Path, key: str) -> SourceFile:
        """Upload a local file as `key` below the exports' folder; as S3 lists it then."""
        whole = f"{self._folder}{key}"
        place = place_of(key)
        assert place, key
        with _s3_errors(key):
            self._client.upload_file(str(path), self._bucket, whole)
        return next(
            _source_file(entry, place) for entry in self._listed(whole) if entry["Key"] == whole
        )

    def _listed(self, prefix: str, after: str = "") -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        with _s3_errors(prefix):
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, StartAfter=after):
                yield from page.get("Contents", ())


def _is_within(place: Place, interval: Interval) -> bool:
    return place.day is None or place.day in interval


def _source_file(entry: dict[str, Any], place: Place) -> SourceFile:
    return SourceFile(
        path=entry["Key"],
        kind=place.kind,
        etag=entry["ETag"].strip('"'),
        size=entry["Size"],
        modified_at=entry["LastModified"].astimezone(UTC),
    )


@contextmanager
def _s3_errors(what: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _CHANGED:
            raise ChangedFileError(f"{what} has changed meanwhile") from error
        if code in _FINAL:
            raise PermanentError(f"S3 refuses {what}: {error}") from error
        raise TransientError(f"S3: {what}: {error}") from error
    except (BotoCoreError, Boto3Error, OSError) as error:
        raise TransientError(f"S3: {what}: {error}") from error
