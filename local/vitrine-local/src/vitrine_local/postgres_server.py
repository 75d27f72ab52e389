"""PostgreSQL: makes its data folder at the first start, then becomes the server."""

import os
import sys
from pathlib import Path

from pydantic import SecretStr

from service_runtime.settings import RuntimeSettings
from vitrine_local.postgres import PostgresError, initdb, server_command


class Settings(RuntimeSettings):
    """Where to listen, where the data is, and the superuser's password."""

    listen_port: int
    data_dir: Path
    warehouse_password: SecretStr


def main() -> None:
    """Become the server, with one line on why not."""
    settings = Settings()
    try:
        initdb(settings.data_dir, settings.warehouse_password.get_secret_value())
        command = server_command(settings.data_dir, settings.listen_port)
    except PostgresError as error:
        sys.exit(str(error))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
