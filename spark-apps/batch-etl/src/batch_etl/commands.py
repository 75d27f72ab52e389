"""The commands `etl`, `backfill`, `aguardar`, `reconciliar`, `exportar` and `importar`.

Each may run again.
They end with 0, 1 where a store or a file kept them from their work, 2 where the command itself is
wrong, 4 where there are no files yet, and 143 for SIGTERM.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from batch_etl.cleaned_file import CleanedFile
from batch_etl.etl import Etl
from batch_etl.intervals import Interval
from batch_etl.object_source import ObjectSource
from batch_etl.preview import preview
from batch_etl.readers import READ
from batch_etl.settings import Settings
from batch_etl.source_files import SourceFile, key_of_import
from batch_etl.table_export import export_table, table_of
from service_runtime.errors import PermanentError, TransientError
from service_runtime.logging import configure_logging
from service_runtime.telemetry import configure_telemetry
from spark_runtime import worker_daemon
from spark_runtime.job import run_lazy_job
from spark_runtime.session import LazySession
from warehouse.connection import Warehouse
from warehouse.history.reconciliation import reconcile

logger = logging.getLogger(__name__)

APPLICATION: Final = "batch-etl"
NO_FILES: Final = 4
_LAST_DAYS: Final = 7
"""Of a run that is told no days: files come late."""
WORKERS: Final = worker_daemon.imports("batch_etl.figures_task", "batch_etl.file_task")

app = typer.Typer(
    help="Sales and products from files on S3 into the warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
GivenDay = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]
Days = Annotated[
    int | None, typer.Option("--dias", min=1, help="Days up to --ate or today; by default 7.")
]
DaysUpToData = Annotated[int, typer.Option("--dias", min=1, help="Days up to --data.")]
IgnoreBad = Annotated[
    bool, typer.Option("--ignorar-arquivos-ruins", help="Set files aside that cannot be read.")
]


@app.command()
def etl(de: Day = None, ate: Day = None, days: Days = None, ignore_bad: IgnoreBad = False) -> None:
    """Load what is new or changed of the days from `--de` to `--ate`, or of the last `--dias`."""
    if de and days:
        raise typer.BadParameter("--de and --dias both say where the days begin")
    settings = Settings()
    last = ate.date() if ate else settings.today()
    first = de.date() if de else last - timedelta((days or _LAST_DAYS) - 1)
    interval = _interval(first, last)
    _with_spark(settings, lambda run: run.load(interval), ignore_bad=ignore_bad)


@app.command()
def backfill(
    de: GivenDay,
    ate: GivenDay,
    days: Annotated[int, typer.Option("--dias", min=1, help="Days of one piece.")] = 30,
    ignore_bad: IgnoreBad = False,
) -> None:
    """Load any range piece by piece, and compute the figures of all its days anew; run again, it
    goes on where it ended."""
    pieces = list(_interval(de.date(), ate.date()).pieces(days))

    def load_all(run: Etl) -> None:
        for number, piece in enumerate(pieces, start=1):
            run.load(piece, every_day=True)
            logger.info("piece done", extra={"piece": number, "of": len(pieces)})

    _with_spark(Settings(), load_all, ignore_bad=ignore_bad)


@app.command()
def aguardar(de: GivenDay, ate: GivenDay) -> None:
    """End with 0 if there are sales files of these days, else with 4: ask again later."""
    settings = Settings()
    interval = _interval(de.date(), ate.date())
    with _failures():
        files = ObjectSource(settings.history_url, settings).files(interval)
    if not any(file.kind == "vendas" for file in files):
        typer.echo(f"{APPLICATION}: no file of sales yet, {interval.first} to {interval.last}")
        raise typer.Exit(NO_FILES)


@app.command()
def reconciliar(data: Day = None, dias: DaysUpToData = 1) -> None:
    """Compare the stream's sales of a day with the files', by default of yesterday; with `--dias`
    also the days before it."""
    settings = Settings()
    last = data.date() if data else settings.today() - timedelta(1)
    with _warehouse(settings) as warehouse:
        for day in Interval(last - timedelta(dias - 1), last).days:
            _reconcile(warehouse, day, timezone=settings.shop_timezone)


def _reconcile(warehouse: Warehouse, day: date, *, timezone: str) -> None:
    for row in reconcile(warehouse, day, timezone=timezone, now=datetime.now(UTC)):
        told = {"figura": row.figura, "fluxo": row.fluxo, "arquivo": row.arquivo}
        logger.info("reconciled", extra={"dia": day, **told, "diferenca": row.diferenca})


@app.command()
def exportar(tabela: str, destino: Path) -> None:
    """Write a table or an aggregate to a Parquet file."""
    with _warehouse(Settings()) as warehouse:
        rows = export_table(warehouse, table_of(tabela), destino)
        logger.info("exported", extra={"table": tabela, "rows": rows, "file": str(destino)})


@app.command()
def importar(
    arquivo: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    products: Annotated[bool, typer.Option("--produtos", help="It holds products.")] = False,
    dry_run: Annotated[bool, typer.Option("--simular", help="Say what it holds alone.")] = False,
) -> None:
    """Load a file of this machine, or say what would be understood of it."""
    settings = Settings()
    if dry_run:
        with _failures():
            _say_what_it_holds(arquivo, settings, products=products)
        return
    with _failures():
        file = _uploaded(arquivo, settings, products=products)
    _with_spark(settings, lambda run: run.load_files([file]), ignore_bad=False)


def _say_what_it_holds(path: Path, settings: Settings, *, products: bool) -> None:
    with _read(path, settings, products=products) as cleaned:
        for line in preview(cleaned):
            print(line)


def _uploaded(path: Path, settings: Settings, *, products: bool) -> SourceFile:
    """The file as it stands on S3 then. BadFileError, and no upload, if it cannot be read."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    key = key_of_import(path.name, digest, settings.today(), products=products)
    _read(path, settings, products=products).close()
    return ObjectSource(settings.history_url, settings).put(path, key)


def _read(path: Path, settings: Settings, *, products: bool) -> CleanedFile:
    return READ["produtos" if products else "vendas"](path, path.name, settings.rules())


def _with_spark(settings: Settings, work: Callable[[Etl], None], *, ignore_bad: bool) -> None:
    with closing(Warehouse(settings, application=APPLICATION)) as warehouse:

        def job(spark: LazySession) -> None:
            work(Etl(spark, settings, warehouse, ignore_bad=ignore_bad))

        raise typer.Exit(run_lazy_job(APPLICATION, settings, job, WORKERS))


@contextmanager
def _warehouse(settings: Settings) -> Iterator[Warehouse]:
    """For what needs no Spark."""
    configure_logging(settings.log_level)
    configure_telemetry(APPLICATION)
    with closing(Warehouse(settings, application=APPLICATION)) as warehouse, _failures():
        yield warehouse


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (TransientError, PermanentError, OSError) as error:
        typer.echo(f"{APPLICATION}: {error}", err=True)
        raise typer.Exit(1) from error


def _interval(first: date, last: date) -> Interval:
    try:
        return Interval(first, last)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
