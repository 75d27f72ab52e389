"""What tests do with an installed platform."""

import time
from uuid import uuid4

from tests.cluster.cluster import ready, wait_until
from tests.cluster.release import API, PRODUCER, Release
from tests.support.helm import Manifest
from tests.support.stream import purchase

from shop_simulator.record import Entry, Fate, Kind, expected_of


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

        wait_until(is_told, "the API tells what was bought")


def drained(release: Release) -> None:
    """Wait until every event that is on Kafka now is in the ledger, while more go on coming."""
    began = time.monotonic()

    def has_passed() -> bool:
        waited = time.monotonic() - began
        age = release.sales_age(api)
        print(f"after {waited:.1f} s the ledger has all of {age} s ago")
        return age <= waited

    with release.http(API, 8000) as api:
        wait_until(has_passed, "the ledger passes what was on Kafka")


def kill(release: Release, selector: str) -> None:
    """End a pod as a lost machine would, and wait until another is ready in its place."""

    def living() -> list[Manifest]:
        return [p for p in release.cluster.objects("pods", f"-l={selector}") if ready(p)]

    pods = living()
    assert pods, f"no pod of {selector} is ready"
    name, uid = pods[0]["metadata"]["name"], pods[0]["metadata"]["uid"]
    release.cluster.kubectl("delete", "pod", name, "--grace-period=0", "--force")

    def is_replaced() -> bool:
        pods = release.cluster.objects("pods", f"-l={selector}")
        return bool(living()) and uid not in {p["metadata"]["uid"] for p in pods}

    wait_until(is_replaced, f"a pod takes the place of {name}")
    release.wait_until_ready()


def assert_exact(release: Release) -> None:
    """Everything that was on Kafka is accounted for."""
    drained(release)
    report = release.audit()
    assert report["exact"], report["problems"]


def assert_in_its_place(release: Release, entries: list[Entry]) -> None:
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
