"""What the eks profile asks of AWS's load balancer controller."""

from tests.charts.profiles import rendered
from tests.support.helm import Manifest, find

GROUP = "alb.ingress.kubernetes.io/group"


def _ingress(name: str) -> Manifest:
    return find(rendered("eks"), "Ingress", f"vitrine-{name}")


def test_one_load_balancer_asks_for_events_before_the_page() -> None:
    """Within a group its rules stand in the order of the Ingresses, the longest path or not."""
    producer, api = _ingress("event-producer"), _ingress("analytics-api")
    annotations = [item["metadata"]["annotations"] for item in (producer, api)]
    assert {a[f"{GROUP}.name"] for a in annotations} == {"vitrine"}
    first, second = (int(a.get(f"{GROUP}.order", 0)) for a in annotations)
    assert first < second
    (rule,) = api["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/"
