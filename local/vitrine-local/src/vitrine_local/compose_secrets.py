"""The secrets of docker-compose.yml: made at the first start, and kept in a volume.

Containers run as different users, so whoever has the volume may read them all.
"""

from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings

from vitrine_local.credentials import kept_secret, load_credentials, write_secret
from vitrine_local.postgres import USER

_READABLE: Final = 0o444
_MONGO: Final = "mongodb:27017"


class Settings(BaseSettings):
    """The folder to keep them in."""

    secrets_dir: Path


def main() -> None:
    """Make those that are missing; what was made before stays as it is."""
    folder = Settings().secrets_dir
    credentials = load_credentials(folder)
    mongo_password = kept_secret(folder / "mongo_password")
    write_secret(folder / "mongo_url", f"mongodb://{USER}:{mongo_password}@{_MONGO}/")
    write_secret(
        folder / "credentials",
        "[default]\n"
        f"aws_access_key_id = {credentials.aws_access_key_id}\n"
        f"aws_secret_access_key = {credentials.aws_secret_access_key}\n",
    )
    for path in folder.iterdir():
        path.chmod(_READABLE)


if __name__ == "__main__":
    main()
