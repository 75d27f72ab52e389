"""Run by Airflow's own Python: what Airflow makes of DAG files, printed as JSON.

Arguments: a file of Kubernetes' answers by path, then per bag a JSON array of a folder of DAG files
and the environment variables that they are told.
"""

import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

Json = dict[str, Any]
WATCHED = ("open", "os.listdir", "socket.connect", "socket.getaddrinfo", "subprocess.Popen")
SEEN: list[tuple[str, str]] = []
FOLDER: list[str] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Remember what a DAG file itself does to the world while it is parsed, imports excepted."""
    if event not in WATCHED or not FOLDER or "zoneinfo" in str(arguments[0]):
        return
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return
        if name.startswith(FOLDER[0]) and frame.f_code.co_name == "<module>":
            SEEN.append((Path(name).stem, f"{event} {arguments[0]!r}"))
            return
        frame = frame.f_back


class Kubernetes(BaseHTTPRequestHandler):
    """The answers of an API server that has a release installed."""

    answers: ClassVar[Json] = {}

    def do_GET(self) -> None:
        found = self.answers.get(self.path)
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or {}).encode())

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def kubernetes(answers: Path) -> Iterator[None]:
    """An API server that Airflow's connection leads to."""
    Kubernetes.answers = json.loads(answers.read_text())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubernetes)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    named = [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}]
    context = {"name": "it", "context": {"cluster": "it", "user": "it"}}
    config = {
        "current-context": "it",
        "clusters": named,
        "contexts": [context],
        "users": [{"name": "it", "user": {}}],
    }
    extra = {"kube_config": json.dumps(config)}
    told = json.dumps({"conn_type": "kubernetes", "extra": extra})
    os.environ["AIRFLOW_CONN_KUBERNETES_DEFAULT"] = told
    yield
    server.shutdown()


def bag_of(folder: Path, environment: dict[str, str]) -> Json:
    """The DAGs of a folder, parsed anew with these variables."""
    from airflow.dag_processing.dagbag import BundleDagBag

    for name in [name for name in sys.modules if name.startswith("vitrine_dags")]:
        del sys.modules[name]
    os.environ.update(environment)
    SEEN.clear()
    FOLDER[:] = [str(folder)]
    bag = BundleDagBag(folder, bundle_path=folder, bundle_name="inspected", safe_mode=False)
    FOLDER.clear()
    dags = {dag_id: dag_facts(dag) for dag_id, dag in bag.dags.items()}
    for name in environment:
        del os.environ[name]
    return {"errors": bag.import_errors, "dags": dags}


def dag_facts(dag: Any) -> Json:
    timetable = getattr(dag.timetable, "timetable", dag.timetable)
    from airflow.serialization.serialized_objects import DagSerialization

    name = Path(dag.fileloc).stem
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    return {
        "stored_tasks": sorted(task.task_id for task in stored.tasks),
        "input_output": [what for file, what in SEEN if file == name],
        "timetable": type(timetable).__name__,
        "timezone": str(getattr(timetable, "timezone", "")),
        "assets": assets_of(dag),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "doc_md": dag.doc_md or "",
        "params": {name: dag.params.get_param(name).schema for name in dag.params},
        "tasks": {task.task_id: task_facts(task) for task in dag.tasks},
    }


def assets_of(dag: Any) -> list[str]:
    """The assets that start the DAG."""
    condition = getattr(dag.timetable, "asset_condition", None)
    return [] if condition is None else sorted(asset.uri for asset in condition.objects)


def seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def task_facts(task: Any) -> Json:
    facts = {
        "operator": type(task).__name__,
        "retries": task.retries,
        "backoff": task.retry_exponential_backoff,
        "retry_delay": seconds(task.retry_delay),
        "max_retry_delay": seconds(task.max_retry_delay),
        "timeout": seconds(task.execution_timeout),
        "pool": task.pool,
        "xcom": task.do_xcom_push,
        "upstream": sorted(task.upstream_task_ids),
        "outlets": [asset.uri for asset in task.outlets],
        "image": getattr(task, "image", None),
    }
    return facts | rendered(task)


def rendered(task: Any) -> Json:
    """The arguments of a run for 2026-11-01, and the pod, the SparkApplication or the process."""
    from airflow.sdk.timezone import coerce_datetime

    if not hasattr(task, "arguments"):
        return {}
    days = {"de": "2026-08-01", "ate": "2026-10-31", "dias_por_parte": 30}
    context = {
        "data_interval_start": coerce_datetime(datetime(2026, 11, 1, 3, tzinfo=UTC)),
        "params": {**days, "ignorar_arquivos_ruins": False},
    }
    task.render_template_fields(context)
    if hasattr(task, "command"):
        return {"arguments": list(filter(None, task.arguments)), "command": task.command}
    if hasattr(task, "application"):
        application = task.application()
        return {"arguments": application["spec"]["arguments"], "application": application}
    pod = task.build_pod_request_obj(None)
    manifest = task.hook.batch_v1_client.api_client.sanitize_for_serialization(pod)
    return {"arguments": manifest["spec"]["containers"][0].get("args") or [""], "pod": manifest}


def main() -> None:
    answers, *bags = sys.argv[1:]
    home = tempfile.mkdtemp(prefix="airflow-")
    os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "0"  # a busy machine breaks no rule
    sys.addaudithook(watch)
    with kubernetes(Path(answers)):
        found = [bag_of(Path(folder), told) for folder, told in map(json.loads, bags)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
