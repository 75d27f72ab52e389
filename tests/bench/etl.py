"""What batch-etl costs beside a plain PySpark job, DuckDB and polars, and in the warehouse.

Each loads the same files into tables of its own and computes the figures per day, region and
category, per day and product, and per month. All figures must be the same, to the cent.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psutil
from tests.bench.column_etl import SALES
from tests.bench.cpu import FamilyTime, cpu_seconds, family, watched
from tests.bench.pause import go_on, wait_for_pause
from tests.bench.plain_run import postgres_jar
from tests.bench.sales_files import FORMS, LAST, Form, write_files
from tests.bench.stream import Figures
from tests.support.batch_etl import BatchEtl, batch_etl
from tests.support.platform import local_settings
from tests.support.redshift import PASSWORD, LocalRedshift, local_redshift

from vitrine_local import postgres
from vitrine_local.platform import LocalPlatform
from warehouse.tables import VENDAS

TABLES: Final = ("vendas_diarias", "produtos_diarios", "receita_mensal")
_SUM: Final = "SELECT COUNT(*), SUM(quantidade), SUM(quantidade * preco), MAX(data) FROM vendas"
_EVERY_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Bench:
    """The running warehouse and S3, and the files."""

    redshift: LocalRedshift
    folder: Path

    @contextmanager
    def program(self, form: Form) -> Iterator[BatchEtl]:
        """batch-etl before the files of a form and empty tables, with its own options of Java."""
        name = f"{form}-{time.monotonic_ns()}"
        (self.folder / name).mkdir()
        with batch_etl(self.redshift, self.folder / name, bucket=form) as program:
            platform = LocalPlatform(local_settings(self.folder / name))
            options = platform.environment("batch-etl")["SPARK_SUBMIT_OPTS"]
            environment = {**program.environment, "SPARK_SUBMIT_OPTS": options}
            yield BatchEtl(environment, program.folder, program.warehouse)


@contextmanager
def running(rows: int) -> Iterator[Bench]:
    """A warehouse, and files of so many rows on S3 in each form."""
    with TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        print(f"writing files of {rows:,} rows …", flush=True)
        write_files(folder / "files", rows=rows)
        with local_redshift(folder / "warehouse") as redshift:
            for form in FORMS:
                redshift.s3.create_bucket(Bucket=form)
                for path in sorted((folder / "files" / form).rglob(f"*.{form}")):
                    key = str(path.relative_to(folder / "files" / form))
                    redshift.s3.upload_file(str(path), form, key)
            yield Bench(redshift, folder)


def beside_others(millions: int) -> Figures:
    """The month by each of the four, after a day of warm-up; then a day from start to finish."""
    with running(millions * 1_000_000) as bench:
        found: Figures = {form: _compared(bench, form) for form in FORMS}
        csv, parquet = found["csv"], found["parquet"]
        found["plain / batch-etl, csv"] = _ratios(csv["plain"], csv["batch-etl"])
        found["batch-etl / duckdb, parquet"] = _ratios(parquet["batch-etl"], parquet["duckdb"])
        return found | one_day(bench)


def one_day(bench: Bench) -> Figures:
    """A day's file into empty tables, and the run after it, as processes."""
    day = ("etl", "--de", str(LAST), "--ate", str(LAST))
    with bench.program("csv") as program:
        return {"one day": _watched(program, *day), "nothing new": _watched(program, *day)}


def memory(millions: int) -> Figures:
    """batch-etl over a month of so many rows as a process: the most that all of its own processes
    hold together."""
    with running(millions * 1_000_000) as bench, bench.program("csv") as program:
        return _watched(program, "etl", "--de", "2025-09-01", "--ate", str(LAST))


def _compared(bench: Bench, form: Form) -> Figures:
    files = str(bench.folder / "files")
    url = f"jdbc:postgresql://127.0.0.1:{bench.redshift.postgres_port}/{postgres.DATABASE}"
    jdbc = f"{url}?reWriteBatchedInserts=true"
    found: Figures = {}
    expected = None
    for name, arguments in {
        "duckdb": ["tests.bench.column_etl", "duckdb", files, form],
        "polars": ["tests.bench.column_etl", "polars", files, form],
        "plain": ["tests.bench.plain_etl", files, form, jdbc, "SCHEMA", str(postgres_jar())],
        "batch-etl": ["tests.bench.vitrine_etl"],
    }.items():
        print(f"{name} loads {form} …", flush=True)
        with bench.program(form) as program:
            schema = program.environment["WAREHOUSE_SCHEMA"]
            if name != "batch-etl":
                _simple_tables(program)
            told = [schema if argument == "SCHEMA" else argument for argument in arguments]
            found[name] = _measured(told, program.environment)
            print(f"{name} {form}: {found[name]}", flush=True)
            results = _results(program)
            _drop(program)
        expected = expected or results
        assert results == expected, f"{name} differs"
    return found


def _simple_tables(program: BatchEtl) -> None:
    """With the same keys, and no more columns than the bench's own."""
    with program.warehouse.transaction() as transaction:
        for column in VENDAS.columns:
            if column.name not in SALES:
                transaction.execute(f"ALTER TABLE vendas DROP COLUMN {column.name}")


def _drop(program: BatchEtl) -> None:
    with program.warehouse.transaction() as transaction:
        for table in ("vendas", *TABLES):
            transaction.execute(f"DROP TABLE {table}")


def _results(program: BatchEtl) -> dict[str, Any]:
    found: dict[str, Any] = {"vendas": program.rows(_SUM)}
    for table in TABLES:
        found[table] = {tuple(row) for row in program.rows(f"SELECT * FROM {table}")}
    return found


def _measured(arguments: Sequence[str], environment: Mapping[str, str]) -> Figures:
    """CPU and wall seconds from one pause to the next."""
    secret = {"JDBC_PASSWORD": PASSWORD}
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **environment, **secret},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        with watched(process.pid) as job:
            wait_for_pause(process)
            before = _mark(process, job)
            go_on(process)
            wait_for_pause(process)
            after = _mark(process, job)
        go_on(process)
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.wait()
    names = ("job_cpu_s", "warehouse_cpu_s", "wall_s")
    spent = (round(b - a, 1) for a, b in zip(before, after, strict=True))
    return dict(zip(names, spent, strict=True))


def _mark(process: "subprocess.Popen[str]", job: FamilyTime) -> tuple[float, float, float]:
    own = family(process.pid)
    others = [pid for pid in family(os.getpid())[1:] if pid not in own]
    return job.seconds(), cpu_seconds(others), time.monotonic()


def _ratios(one: Figures, other: Figures) -> Figures:
    both = [{**each, "cpu_s": each["job_cpu_s"] + each["warehouse_cpu_s"]} for each in (one, other)]
    return {name: round(both[0][name] / both[1][name], 2) for name in both[0]}


def _watched(program: BatchEtl, *arguments: str) -> Figures:
    """CPU seconds and the most memory of a run with all its processes, looked at often."""
    begun, process = time.monotonic(), program.start(*arguments)
    time_of_all, most = FamilyTime(process.pid), 0
    cpu, ended = 0.0, threading.Event()
    threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
    while not ended.wait(_EVERY_SECONDS):
        cpu = time_of_all.seconds()
        most = max(most, sum(map(_memory, family(process.pid))))
    assert process.returncode == 0, (program.folder / "log").read_text("utf-8")[-4000:]
    wall = time.monotonic() - begun
    return {"cpu_s": round(cpu, 1), "wall_s": round(wall, 1), "peak_mb": round(most / 2**20)}


def _memory(pid: int) -> int:
    """Its proportional share where memory is shared."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except psutil.Error:
        return 0
