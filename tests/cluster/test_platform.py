"""The whole platform on a real Kubernetes: installed, used, upgraded, broken and removed.

The tests build on each other, in this order.
"""

import json
import time
from collections import Counter
from typing import Final
from uuid import uuid4

import httpx
import pytest
from tests.cluster.cluster import NAMESPACE, ready, wait_until
from tests.cluster.load import Reader, Shop, pod
from tests.cluster.release import API, MARKS, NAME, PRODUCER, Release
from tests.cluster.spark_operator import SparkOperator
from tests.support.helm import title
from tests.support.stream import purchase

from shop_simulator.record import Entry, Fate, Kind, expected_of

pytestmark = MARKS

LOAD: Final = {"EVENTS_PER_SECOND": "500", "TIME_COMPRESSION": "0", "SHARE_BROKEN": "0.001"}
STORES: Final = {
    "kafka": 9092,
    "redshift-local": 5439,
    "mongodb": 27017,
    "s3": 9000,
}
SERVICES: Final = {f"{NAME}-{API}": 8000, f"{NAME}-{PRODUCER}": 8001}


def labels(name: str) -> dict[str, str]:
    """Those of a deployable of this release, which policies go by."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": NAME,
        "app.kubernetes.io/part-of": "vitrine",
    }


def buy(release: Release, count: int = 1) -> None:
    """Post purchases of a new product, and see them in the API's numbers."""
    product = f"p-{uuid4().hex[:12]}"
    orders = [purchase(id_produto=product, quantidade=3, preco=9.9) for _ in range(count)]
    with release.http(PRODUCER, 8001) as producer:
        answer = producer.post("/eventos", json=orders)
        assert answer.status_code == 202, answer.text
    with release.http(API, 8000) as api:

        def is_told() -> bool:
            found = api.get("/vendas/resumo", params={"id_produto": product}).json()["itens"]
            return [item["total_vendido"] for item in found] == [3 * count]

        wait_until(is_told, "the API tells what was bought", seconds=90)


def drained(release: Release) -> None:
    """Wait until every event that is on Kafka now is in the ledger, while more go on coming."""
    began = time.monotonic()

    def has_passed() -> bool:
        waited = time.monotonic() - began
        age = release.sales_age(api)
        print(f"after {waited:.1f} s the ledger has all of {age} s ago")
        return age <= waited

    with release.http(API, 8000) as api:
        wait_until(has_passed, "the ledger passes what was on Kafka", seconds=180)


def test_everything_becomes_ready_under_the_restricted_standard(release: Release) -> None:
    release.install()
    seconds = release.wait_until_ready()
    print(f"all pods Ready {seconds:.0f} s after helm install")
    names = Counter(p["metadata"]["labels"].get("app.kubernetes.io/name") for p in release.pods())
    assert {*STORES, API, PRODUCER, "shop-simulator", "platform-jobs"} <= names.keys()
    executors = release.cluster.objects("pods", "--selector=spark-role=executor")
    assert len(executors) >= 1


def test_what_is_bought_comes_out_of_the_api(release: Release) -> None:
    buy(release, count=5)


def test_the_simulators_events_come_out_of_the_apis_numbers(release: Release) -> None:
    with release.http(API, 8000) as api:

        def many_are_sold() -> bool:
            return len(api.get("/vendas/resumo", params={"limite": 1000}).json()["itens"]) > 20

        wait_until(many_are_sold, "many products are sold")
        live = api.get("/metricas/tempo_real").json()
    assert live["usuarios_ativos"] > 0


def test_the_audit_is_exact(release: Release) -> None:
    report = release.audit()
    assert report["exact"], report["problems"]
    assert sum(p["n_written"] for p in report["partitions"]) > 0


def test_helm_test_passes(release: Release) -> None:
    release.cluster.helm("test", NAME, "--timeout=3m")
    with release.http(API, 8000) as api:
        seconds = [probe["segundos"] for probe in api.get("/pipeline/sondas").json()["sondas"]]
    print(f"seconds from a probe to its commit: {seconds}")
    assert len(seconds) == 2
    with release.warehouse() as warehouse, warehouse.transaction() as transaction:
        events = transaction.rows(_OF_HELM_TEST.format("eventos_clientes"))
        sales = transaction.rows(_OF_HELM_TEST.format("vendas"))
    assert ([list(row) for row in events], list(sales)) == ([["sonda", 2]], [])


_OF_HELM_TEST: Final = (
    "SELECT tipo_evento, COUNT(*) FROM {} WHERE id_usuario = 'helm-test' GROUP BY tipo_evento"
)


def test_an_upgrade_under_load_loses_nothing(release: Release) -> None:
    shop, reader = Shop(release.cluster), Reader(release.cluster)
    image = release.image("shop-simulator")
    shop.open(image, LOAD | {"EVENT_PRODUCER_URL": f"http://{NAME}-{PRODUCER}:8001"}, SENDER)
    reader.open(image, f"{NAME}-{API}", 8000, "/vendas/resumo", READER)
    before = release.kept_running()
    release.upgrade(**UPGRADED)
    release.wait_until_ready()
    entries, seen = shop.close(), reader.close()
    print(f"{len(entries)} events sent, answers to the reader: {seen}")
    assert before.isdisjoint(release.kept_running())
    assert set(seen) <= {"200", "503"}, seen
    assert seen["200"] > 10  # with both cores busy some 10 a second
    _assert_in_its_place(release, entries)
    report = release.audit()
    assert report["exact"], report["problems"]


UPGRADED: Final = {"global.config.logLevel": "DEBUG"}
SENDER: Final = labels("shop-simulator")
READER: Final = labels("test")


def _assert_in_its_place(release: Release, entries: list[Entry]) -> None:
    """Each event that was sent got the answer that it deserved, and is in the tables by id."""
    refused = {e.kind for e in entries if e.fate is Fate.REFUSED}
    assert refused <= {Kind.BROKEN_HTTP}
    expected = expected_of(entries)
    assert expected.unknown == set()
    drained(release)
    with release.warehouse() as warehouse, warehouse.transaction() as transaction:
        rows = transaction.rows(
            "SELECT id_evento, COUNT(*) FROM eventos_clientes GROUP BY id_evento"
        )
    counts = {str(name): int(count) for name, count in rows}
    lost = expected.events.keys() - counts.keys()
    assert not lost, f"{len(lost)} of {len(expected.events)} lost"
    assert {counts[name] for name in expected.events} == {1}


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param(f"app.kubernetes.io/name={PRODUCER}", id=PRODUCER),
        pytest.param(f"app.kubernetes.io/name={API}", id=API),
        pytest.param("app.kubernetes.io/name=shop-simulator", id="shop-simulator"),
        pytest.param("spark-role=executor", id="stream-processor's executor"),
        pytest.param("app.kubernetes.io/component=driver", id="stream-processor's driver"),
        pytest.param("app.kubernetes.io/name=redshift-local", id="redshift-local"),
        pytest.param("app.kubernetes.io/name=mongodb", id="mongodb"),
        pytest.param("app.kubernetes.io/name=kafka", id="kafka"),
    ],
)
def test_a_killed_pod_recovers(release: Release, selector: str) -> None:
    kill(release, selector)
    buy(release)


def kill(release: Release, selector: str) -> None:
    """End a pod as a lost machine would, and wait until another is ready in its place."""
    killed, *_ = [p for p in release.cluster.objects("pods", f"-l={selector}") if ready(p)]
    name, uid = killed["metadata"]["name"], killed["metadata"]["uid"]
    release.cluster.kubectl("delete", "pod", name, "--grace-period=0", "--force")

    def is_replaced() -> bool:
        pods = release.cluster.objects("pods", f"-l={selector}")
        return any(ready(p) for p in pods) and uid not in {p["metadata"]["uid"] for p in pods}

    wait_until(is_replaced, f"a pod takes the place of {name}", seconds=180)
    release.wait_until_ready()


def test_the_audit_is_exact_after_all_that(release: Release) -> None:
    drained(release)
    report = release.audit()
    assert report["exact"], report["problems"]


_PROBE: Final = """
import json, socket, sys
def opens(address):
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), 3).close()
        return True
    except OSError:
        return False
print(json.dumps({name: opens(address) for name, address in json.loads(sys.argv[1]).items()}))
"""


@pytest.mark.parametrize(
    ("caller", "allowed"),
    [
        pytest.param(None, set(), id="a stranger reaches nothing"),
        pytest.param(API, {"kafka", "redshift-local", "mongodb"}, id=API),
        pytest.param(PRODUCER, {"kafka"}, id=PRODUCER),
        pytest.param(
            "shop-simulator", {"kafka", "mongodb", f"{NAME}-{PRODUCER}"}, id="shop-simulator"
        ),
    ],
)
def test_a_pod_reaches_what_is_listed_and_nothing_else(
    release: Release, caller: str | None, allowed: set[str]
) -> None:
    services = release.cluster.objects("services")
    address = {s["metadata"]["name"]: s["spec"]["clusterIP"] for s in services}
    targets = {name: f"{address[name]}:{port}" for name, port in {**STORES, **SERVICES}.items()}
    command = ["python", "-c", _PROBE, json.dumps(targets)]
    container = {"name": "probe", "image": release.image(API), "command": command}
    manifest = pod(f"probe-{uuid4().hex[:6]}", container, labels=labels(caller) if caller else {})
    phase, printed = release.cluster.run_pod(manifest)
    assert phase == "Succeeded", printed
    assert {name for name, opened in json.loads(printed).items() if opened} == allowed


@pytest.fixture(scope="module")
def operator(release: Release) -> SparkOperator:
    """The spark-operator, yet to be installed."""
    if not release.built_here:
        pytest.skip("the spark-operator of this cluster is its owner's")
    return SparkOperator(release.cluster)


STREAM: Final = f"{NAME}-stream-processor"


def runs(operator: SparkOperator) -> bool:
    """Whether the operator says that the stream and its executor run."""
    status = operator.status(STREAM)
    executors = set(status.get("executorState", {}).values())
    return (status.get("applicationState", {}).get("state"), executors) == ("RUNNING", {"RUNNING"})


def wait_until_streaming(release: Release, operator: SparkOperator) -> float:
    """Wait for driver and executor, how long is returned, and then for the queries: no readiness
    probe of the driver's tells of them."""
    seconds = wait_until(lambda: runs(operator), "the operator says RUNNING", seconds=240)
    driver = operator.status(STREAM)["driverInfo"]["podName"]
    with release.cluster.forwarded(f"pod/{driver}", 8010) as port:

        def is_ready() -> bool:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=20)
            return bool(answer.json() == {"status": "ok"})

        wait_until(is_ready, "the driver says that its queries run", seconds=240)
    return seconds


def test_the_spark_operator_takes_the_stream_over(
    release: Release, operator: SparkOperator
) -> None:
    operator.install()
    release.upgrade(**UPGRADED, **{"stream-processor.runner": "spark-operator"})
    seconds = wait_until_streaming(release, operator)
    print(f"driver and executor run {seconds:.0f} s after the upgrade")
    buy(release)


def test_the_spark_operator_starts_a_killed_driver_again(
    release: Release, operator: SparkOperator
) -> None:
    kill(release, "spark-role=driver")
    seconds = wait_until_streaming(release, operator)
    print(f"the executor runs again {seconds:.0f} s after the driver")
    buy(release)


@pytest.mark.usefixtures("operator")
def test_the_audit_is_exact_under_the_spark_operator(release: Release) -> None:
    drained(release)
    report = release.audit()
    assert report["exact"], report["problems"]


def test_the_audits_job_fails_when_a_row_is_missing(release: Release) -> None:
    with release.warehouse() as warehouse, warehouse.transaction() as transaction:
        transaction.execute(
            "DELETE FROM eventos_clientes WHERE id_evento = "
            "(SELECT MIN(id_evento) FROM eventos_clientes WHERE tipo_evento = 'clique')"
        )
    report = release.audit()
    assert not report["exact"]
    assert report["problems"]


def test_uninstall_leaves_nothing(release: Release) -> None:
    release.uninstall()
    if release.built_here:
        SparkOperator(release.cluster).uninstall()
    kinds = release.cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "-o=name")
    kept = {"events", "events.events.k8s.io", "pods.metrics.k8s.io"}
    asked = ",".join(kind for kind in kinds.split() if kind not in kept)

    def left() -> list[str]:
        found = [title(item) for item in release.cluster.objects(asked)]
        return [name for name in found if name not in GIVEN]

    wait_until(lambda: not left(), "nothing is left", seconds=120)
    release.cluster.kubectl("delete", "namespace", NAMESPACE)


GIVEN: Final = ("ConfigMap/kube-root-ca.crt", "ServiceAccount/default")
