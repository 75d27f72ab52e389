"""The parts of the platform as they are declared: each with its needs, ports and checks."""

import signal
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from vitrine_local import airflow
from vitrine_local.deployables import DEPLOYABLES, RUNNING
from vitrine_local.environment import BUCKET, Environments
from vitrine_local.layout import Layout
from vitrine_local.part import Check, Part, with_needs
from vitrine_local.readiness import accepts_sessions, answers, listens, tells_healthy
from vitrine_local.settings import Settings

BACKING: Final = ("kafka", "postgres", "mongo", "s3", "redshift-local")
JAR_SETS: Final = {"kafka": "kafka", "mongo": "mongo"} | {
    name: "spark" for name, each in RUNNING.items() if each.kind == "spark-application"
}

_LOCAL_STORES: Final = {"warehouse": "redshift-local", "mongodb": "mongo"}
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kafka": (),
    "postgres": (),
    "mongo": (),
    "s3": (),
    "redshift-local": ("postgres",),
    "setup": ("kafka", "redshift-local", "mongo"),
    "airflow-tables": (),
    "airflow": ("airflow-tables",),
    "airflow-scheduler": ("airflow", "setup"),
    "airflow-dags": ("airflow",),
    airflow.HISTORY: (*airflow.PARTS, "shop-simulator"),
} | {
    name: (*(_LOCAL_STORES.get(need, need) for need in each.needs), "setup")
    for name, each in RUNNING.items()
}
_SETUP_JOBS: Final = {"kafka": "topics", "redshift-local": "tables", "mongo": "indexes"}
_MODULES: Final = {
    "kafka": "vitrine_local.kafka",
    "postgres": "vitrine_local.postgres_server",
    "mongo": "vitrine_local.mongo_stand_in",
    "s3": "vitrine_local.object_store",
    "redshift-local": "redshift_local.main",
    "setup": "platform_jobs.main",
    airflow.HISTORY: "vitrine_local.airflow_history",
}
_AIRFLOW_HEALTH: Final = "/api/v2/monitor/health"
_STOP_WITHIN: Final = {"kafka": 20.0, "postgres": 20.0, **dict.fromkeys(airflow.COMMANDS, 5.0)}
_SPARK_STOP_WITHIN: Final = 20.0
_SLOW_READY_WITHIN: Final = 300.0  # on a machine that is busy


def needs_of(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The needs of each part if these are started. `setup` needs only the stores that they need.

    Raises KeyError for an unknown name.
    """
    wanted = list(names)
    others = {**_NEEDS, "setup": ()}
    implied = set(with_needs([name for name in wanted if name != "setup"], others))
    prepared = tuple(name for name in _SETUP_JOBS if name in implied) or _NEEDS["setup"]
    return {**_NEEDS, "setup": prepared}


def parts(names: Iterable[str], environments: Environments) -> dict[str, Part]:
    """These parts and all that they need, in an order in which they can start."""
    wanted = list(names)
    needs = needs_of(wanted)
    return {name: _part(name, needs[name], environments) for name in with_needs(wanted, needs)}


def job(name: str, arguments: Iterable[str], environments: Environments) -> Part:
    """One run of a deployable without a port. Raises KeyError for an unknown name."""
    return Part(
        name=name,
        command=(sys.executable, "-m", f"{DEPLOYABLES[name].package}.main", *arguments),
        environment=environments.of(name),
    )


def _part(name: str, needs: tuple[str, ...], environments: Environments) -> Part:
    deployable = RUNNING.get(name)
    is_spark = JAR_SETS.get(name) == "spark"
    is_slow = is_spark or name in (*airflow.COMMANDS, airflow.HISTORY)
    return Part(
        name=name,
        command=_command(name, needs, environments.layout),
        environment=environments.of(name),
        needs=needs,
        ready=ready_checks(environments.settings).get(name),
        ports=ports(environments.settings, name),
        final_exits=deployable.final_exits if deployable else {},
        stop_signal=signal.SIGINT if name == "postgres" else signal.SIGTERM,
        stop_within=_SPARK_STOP_WITHIN if is_spark else _STOP_WITHIN.get(name, 10.0),
        ready_within=_SLOW_READY_WITHIN if is_slow else 60.0,
    )


def _command(name: str, needs: tuple[str, ...], layout: Layout) -> tuple[str, ...]:
    if name in airflow.COMMANDS:
        return (str(airflow.program(layout.cache)), *airflow.COMMANDS[name])
    module = f"{RUNNING[name].package}.main" if name in RUNNING else _MODULES[name]
    jobs = [_SETUP_JOBS[need] for need in needs] if name == "setup" else []
    return (sys.executable, "-m", module, *jobs)


def ready_checks(settings: Settings) -> dict[str, Check]:
    """The readiness check of each part that does not end by itself."""
    return {
        "kafka": listens(settings.kafka_port),
        "postgres": accepts_sessions(settings.postgres_port),
        "mongo": listens(settings.mongo_port),
        "s3": answers(settings.s3_port, f"/{BUCKET}"),
        "redshift-local": listens(settings.redshift_port),
        "airflow": answers(settings.airflow_port, _AIRFLOW_HEALTH),
        "airflow-scheduler": tells_healthy(settings.airflow_port, _AIRFLOW_HEALTH, "scheduler"),
        "airflow-dags": tells_healthy(settings.airflow_port, _AIRFLOW_HEALTH, "dag_processor"),
    } | {name: answers(port) for name, port in settings.deployable_ports.items()}


def ports(settings: Settings, name: str) -> dict[str, int]:
    """The ports of a part, by the variable that sets each."""
    by_part = {
        "kafka": {
            "VITRINE_KAFKA_PORT": settings.kafka_port,
            "VITRINE_KAFKA_CONTROLLER_PORT": settings.kafka_controller_port,
        },
        "postgres": {"VITRINE_POSTGRES_PORT": settings.postgres_port},
        "mongo": {"VITRINE_MONGO_PORT": settings.mongo_port},
        "s3": {"VITRINE_S3_PORT": settings.s3_port},
        "redshift-local": {"VITRINE_REDSHIFT_PORT": settings.redshift_port},
        "airflow": {"VITRINE_AIRFLOW_PORT": settings.airflow_port},
    } | {
        name: {RUNNING[name].port_variable: port}
        for name, port in settings.deployable_ports.items()
    }
    return by_part.get(name, {})
