"""The `vitrine` command: the whole platform on this machine."""

import os
import sys
from contextlib import suppress
from typing import Annotated

import typer
from pydantic import ValidationError

from vitrine_local import (
    airflow,
    background,
    class_archive,
    examination,
    foreground,
    jars,
    local_warehouse,
    log_view,
    one_run,
    status,
    top,
)
from vitrine_local.declared_parts import JAR_SETS
from vitrine_local.deployables import RUNNING
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.settings import Settings, require_known_variables, variable_of

app = typer.Typer(
    help="Vitrine on one machine: real-time analytics for an online shop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Fresh = Annotated[bool, typer.Option("--fresh", help="Forget all data first.")]
WithAirflow = Annotated[
    bool, typer.Option("--with-airflow", help="With Airflow, which starts the jobs by its DAGs.")
]
Rate = Annotated[float | None, typer.Option(help="Events per second of the make-believe shop.")]


@app.command()
def demo(fresh: Fresh = False, rate: Rate = None, with_airflow: WithAirflow = False) -> None:
    """Run everything with a make-believe shop, here, until Ctrl-C."""
    names = [*RUNNING, *(airflow.PARTS if with_airflow else ())]
    raise typer.Exit(foreground.run(_settings(rate), names, fresh=fresh))


@app.command()
def up(
    fresh: Fresh = False,
    rate: Rate = None,
    simulator: Annotated[bool, typer.Option("--simulator", help="With the shop.")] = False,
    with_airflow: WithAirflow = False,
) -> None:
    """Run everything in the background; returns when all is ready."""
    settings = _settings(rate)
    names = [name for name, each in RUNNING.items() if simulator or not each.demo]
    names += airflow.PARTS if with_airflow else ()
    raise typer.Exit(background.up(settings, names, fresh=fresh))


@app.command(hidden=True)
def supervise(names: list[str], fresh: Fresh = False) -> None:
    """Run the platform for `up`, in the background process that `up` starts."""
    raise typer.Exit(foreground.run(_settings(), names, fresh=fresh))


@app.command(name="status")
def show_status() -> None:
    """Show what runs: state, restarts, CPU, memory, address, and how far it is behind Kafka."""
    settings = _settings()
    found = status.part_statuses(settings, Layout.of(settings))
    print(status.table(found) if found else f"nothing runs in {Layout.of(settings).root}")
    raise typer.Exit(0 if found else 1)


@app.command(name="top")
def show_top() -> None:
    """Show what `status` shows and refresh it, until q or Ctrl-C."""
    if not sys.stdout.isatty():
        show_status()
    settings = _settings()
    with suppress(KeyboardInterrupt):
        top.show(settings, Layout.of(settings))


@app.command()
def logs(
    name: str,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show the log of one part."""
    log_view.show(Layout.of(_settings()), name, follow=follow)


@app.command()
def down() -> None:
    """Stop everything, whoever started it, and wait for its end."""
    layout = Layout.of(_settings())
    print("stopped" if background.down(layout) else f"nothing runs in {layout.root}")


@app.command()
def doctor() -> None:
    """Say what is missing here and which command mends it."""
    settings = _settings()
    findings = list(examination.examine(settings, Layout.of(settings)))
    print(*findings, sep="\n")
    raise typer.Exit(1 if any(finding.remedy for finding in findings) else 0)


@app.command()
def fetch(with_airflow: WithAirflow = False) -> None:
    """Fetch the jars now, so that a later start needs no network, and make a start quicker."""
    settings = _settings()
    layout = Layout.of(settings)
    jars.fetch(jars.locked_jars(JAR_SETS.values()), layout.cache / "jars", foreground.say_jars)
    class_archive.make_once(settings, print)
    if with_airflow:
        airflow.install(layout, print)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(name: str, context: typer.Context) -> None:
    """Run a job once on what runs here: `vitrine run batch-etl etl --dias 30`."""
    raise typer.Exit(one_run.run_once(_settings(), name, context.args))


@app.command()
def audit() -> None:
    """Check on live data that every event is accounted for; prints JSON.

    Exit code 0: exact. 1: not exact. 3: no audit, since nothing runs or answers.
    """
    report = local_warehouse.audit_local_warehouse(_settings())
    print(report.as_json())
    raise typer.Exit(0 if report.exact else 1)


def main() -> None:
    """The entry point: a failure prints one line, not a stack trace."""
    try:
        app()
    except LocalError as error:
        foreground.complain(error)
        sys.exit(error.exit_code)


def _settings(rate: float | None = None) -> Settings:
    require_known_variables(os.environ)
    try:
        return Settings() if rate is None else Settings(events_per_second=rate)
    except ValidationError as error:
        first = error.errors()[0]
        raise LocalError(f"{variable_of(first['loc'])}: {first['msg']}") from None


if __name__ == "__main__":
    main()
