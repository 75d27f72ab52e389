"""The whole platform on a real Kubernetes: used, upgraded, broken and audited.

Each test finds the platform of the session as any other one leaves it: ready and exact.
"""

import json
from collections import Counter
from typing import Final
from uuid import uuid4

import pytest
from tests.cluster.cluster import wait_until
from tests.cluster.load import Reader, Shop, pod
from tests.cluster.release import API, MARKS, NAME, PRODUCER, Release
from tests.cluster.usage import assert_exact, assert_in_its_place, buy, kill

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


def test_everything_is_ready_under_the_restricted_standard(release: Release) -> None:
    names = Counter(p["metadata"]["labels"].get("app.kubernetes.io/name") for p in release.pods())
    services = {API, PRODUCER, "click-logger", "inventory-poller", "stock-alerts"}
    assert {*STORES, *services, "shop-simulator", "platform-jobs"} <= names.keys()
    assert len(release.executors()) >= 1


def test_executors_start_from_the_cache_of_their_image(release: Release) -> None:
    names = [executor["metadata"]["name"] for executor in release.executors()]
    assert names
    for name in names:
        maps = release.cluster.kubectl("exec", name, "--", "cat", "/proc/1/maps")
        assert "executor.aot" in maps


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
    buy(release)
    assert_exact(release)
    assert sum(p["n_written"] for p in release.audit()["partitions"]) > 0


def test_helm_test_passes(release: Release) -> None:
    release.cluster.helm("test", NAME, "--timeout=9m")
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
    release.upgrade(**{"global.config.logLevel": _another_level(release)})
    release.wait_until_ready()
    entries, seen = shop.close(), reader.close()
    print(f"{len(entries)} events sent, answers to the reader: {seen}")
    assert before.isdisjoint(release.kept_running())
    assert set(seen) <= {"200", "503"}, seen
    assert seen["200"] > 10  # with both cores busy some 10 a second
    assert_in_its_place(release, entries)
    assert_exact(release)


def _another_level(release: Release) -> str:
    """Than what is set, so that every workload has to be rolled out."""
    given = json.loads(release.cluster.helm("get", "values", NAME, "--output=json"))
    return "INFO" if given["global"].get("config", {}).get("logLevel") == "DEBUG" else "DEBUG"


SENDER: Final = labels("shop-simulator")
READER: Final = labels("test")


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
        pytest.param("click-logger", {"kafka", "mongodb"}, id="click-logger"),
        pytest.param(
            "shop-simulator", {"kafka", "mongodb", "s3", f"{NAME}-{PRODUCER}"}, id="shop-simulator"
        ),
        pytest.param("inventory-poller", {"kafka"}, id="inventory-poller"),
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


def test_the_audits_job_fails_while_a_row_is_missing(release: Release) -> None:
    with release.warehouse() as warehouse:
        with warehouse.transaction() as transaction:
            ((row,),) = transaction.rows(
                "SELECT MIN(id_evento) FROM eventos_clientes WHERE tipo_evento = 'clique'"
            )
        move = "UPDATE eventos_clientes SET kafka_partition = kafka_partition {} WHERE id_evento = "
        with warehouse.transaction() as transaction:
            transaction.execute(move.format("+ 1000") + "%s", (row,))
        report = release.audit()
        with warehouse.transaction() as transaction:
            transaction.execute(move.format("- 1000") + "%s", (row,))
    assert not report["exact"]
    assert report["problems"]
    assert release.audit()["exact"]
