"""Entry point: `batch-etl COMMAND`; `--help` lists the commands."""

from batch_etl.commands import app


def main() -> None:
    """Ends the process with the command's exit code."""
    app()


if __name__ == "__main__":
    main()
