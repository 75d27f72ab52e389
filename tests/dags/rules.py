"""What must hold for every DAG: each rule finds what breaks it, in the facts of `inspect_dags`."""

from collections.abc import Callable, Iterator
from typing import Any, Final

Json = dict[str, Any]
LOADS: Final = ("etl", "backfill")
_OPERATORS: Final = ("ChartPodOperator", "ChartSparkOperator", "LocalProcessOperator")
_LEAST_BACKOFF: Final = 2


def _tasks(dag: Json) -> Iterator[tuple[str, Json]]:
    yield from dag["tasks"].items()


def _pod_specs(task: Json) -> Iterator[Json]:
    if "pod" in task:
        yield task["pod"]["spec"]
    for role in ("driver", "executor"):
        if "application" in task:
            yield task["application"]["spec"][role]["template"]["spec"]


def intervals(dag: Json) -> list[str]:
    known = ("CronDataIntervalTimetable", "NullTimetable")
    return [] if dag["timetable"] in known else [dag["timetable"]]


def one_run_at_a_time(dag: Json) -> list[str]:
    return [] if dag["max_active_runs"] == 1 else [f"{dag['max_active_runs']} runs"]


def no_catching_up(dag: Json) -> list[str]:
    return ["catchup"] if dag["catchup"] else []


def says_what_to_do(dag: Json) -> list[str]:
    _, heading, advice = dag["doc_md"].partition("## When it fails\n\n")
    return [] if heading and advice else ["docs"]


def typed_params(dag: Json) -> list[str]:
    return [name for name, schema in dag["params"].items() if not schema.get("type")]


def nothing_at_the_top(dag: Json) -> list[str]:
    return list(dag["input_output"])


def tried_again(dag: Json) -> list[str]:
    return [name for name, task in _tasks(dag) if task["retries"] < 1]


def waits_longer(dag: Json) -> list[str]:
    return [
        name
        for name, task in _tasks(dag)
        if task["backoff"] < _LEAST_BACKOFF or not task["max_retry_delay"]
    ]


def ends_in_time(dag: Json) -> list[str]:
    return [name for name, task in _tasks(dag) if not task["timeout"]]


def ended_by_kubernetes(dag: Json) -> list[str]:
    return [
        name
        for name, task in _tasks(dag)
        if "pod" in task and not task["pod"]["spec"].get("activeDeadlineSeconds")
    ]


def warehouse_pool(dag: Json) -> list[str]:
    return [
        name
        for name, task in _tasks(dag)
        if task["pool"] != "vitrine_armazem" and task.get("arguments", [""])[0] != "aguardar"
    ]


def no_xcom(dag: Json) -> list[str]:
    return [name for name, task in _tasks(dag) if task["xcom"]]


def pinned_images(dag: Json) -> list[str]:
    images = [c["image"] for _, t in _tasks(dag) for s in _pod_specs(t) for c in s["containers"]]
    return [image for image in images if ":" not in image or image.endswith(":latest")]


def containers_alone(dag: Json) -> list[str]:
    return [name for name, task in _tasks(dag) if task["operator"] not in _OPERATORS]


def restricted_pods(dag: Json) -> list[str]:
    return [
        f"{name}: {problem}"
        for name, task in _tasks(dag)
        for spec in _pod_specs(task)
        for problem in _freedoms(spec)
    ]


def _freedoms(spec: Json) -> Iterator[str]:
    pod = spec.get("securityContext", {})
    if not pod.get("runAsNonRoot"):
        yield "may be root"
    if pod.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "any system call"
    for container in spec["containers"]:
        own = container.get("securityContext") or {}
        if not own.get("readOnlyRootFilesystem"):
            yield "its own files can be written"
        if own.get("allowPrivilegeEscalation") is not False:
            yield "may get more rights"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield "has capabilities"
        if not {"requests", "limits"} <= (container.get("resources") or {}).keys():
            yield "takes what it likes"


def announced_loads(dag: Json) -> list[str]:
    return [
        name
        for name, task in _tasks(dag)
        if task.get("arguments", [""])[0] in LOADS
        and task["outlets"] != ["vitrine://armazem/vendas"]
    ]


RULES: Final[dict[str, Callable[[Json], list[str]]]] = {
    rule.__name__: rule
    for rule in (
        intervals,
        one_run_at_a_time,
        no_catching_up,
        says_what_to_do,
        typed_params,
        nothing_at_the_top,
        tried_again,
        waits_longer,
        ends_in_time,
        ended_by_kubernetes,
        warehouse_pool,
        no_xcom,
        pinned_images,
        containers_alone,
        restricted_pods,
        announced_loads,
    )
}


def broken_rules(dag: Json) -> dict[str, list[str]]:
    """By rule what breaks it."""
    found = {name: rule(dag) for name, rule in RULES.items()}
    return {name: problems for name, problems in found.items() if problems}
