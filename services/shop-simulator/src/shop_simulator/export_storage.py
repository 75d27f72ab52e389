"""The bucket that gets the exports."""

import hashlib
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from service_runtime.errors import TransientError

_TIMEOUT_SECONDS: Final = 10
_NOT_FOUND: Final = ("404", "403")
"""S3 answers 403 for an object that is not there to who may not list the bucket."""


class ExportBucket:
    """Objects below one S3 URL. Raises TransientError whatever S3 answers: it may be that the
    bucket or the right to write to it is yet to come."""

    def __init__(self, url: str, *, region: str, endpoint_url: str | None) -> None:
        parts = urlsplit(url)
        self._bucket = parts.netloc
        self._prefix = f"{parts.path.strip('/')}/".lstrip("/")
        config = Config(
            connect_timeout=_TIMEOUT_SECONDS,
            read_timeout=_TIMEOUT_SECONDS,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path" if endpoint_url else "auto"},
        )
        self._client: Any = boto3.client(
            "s3", region_name=region, endpoint_url=endpoint_url, config=config
        )

    def put(self, path: str, content: bytes) -> bool:
        """Whether it was written: what is there with the same bytes stays untouched, date and
        all."""
        key = f"{self._prefix}{path}"
        try:
            if self._etag(key) == f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"':
                return False
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content)
        except (BotoCoreError, ClientError) as error:
            raise TransientError(f"exports: {error}") from error
        return True

    def _etag(self, key: str) -> str | None:
        try:
            found: str = self._client.head_object(Bucket=self._bucket, Key=key)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_FOUND:
                return None
            raise
        return found
