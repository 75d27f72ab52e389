"""The secrets of one machine: generated at the first start; there are no defaults."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets that parts authenticate with."""

    warehouse_password: str
    aws_access_key_id: str
    aws_secret_access_key: str
    stock_token: str
    """What callers of event-producer's `POST /estoque` send."""


def load_credentials(folder: Path) -> Credentials:
    """Read the secrets of a folder, first making those that are missing."""
    return Credentials(
        warehouse_password=kept_secret(folder / "warehouse_password"),
        aws_access_key_id=kept_secret(folder / "aws_access_key_id"),
        aws_secret_access_key=kept_secret(folder / "aws_secret_access_key"),
        stock_token=kept_secret(folder / "stock_token"),
    )


def write_secret(path: Path, value: str) -> None:
    """Replace a secret, at no moment readable by others. Processes may do so at once."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(value, "utf-8")
    partial.replace(path)


def kept_secret(path: Path) -> str:
    """Read a secret, first making it if it is missing."""
    if not path.exists():
        write_secret(path, secrets.token_hex(_LENGTH))
    return path.read_text("utf-8").strip()
