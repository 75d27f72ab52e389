"""What the eks profile asks of AWS: its load balancer controller, and rights of the pods."""

import json
import re

from tests.charts.profiles import rendered
from tests.support.helm import ROOT, Manifest, find

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


def test_the_documentation_names_every_account_that_needs_rights_of_aws() -> None:
    objects = rendered("eks", "lag-scaler.enabled=true")
    agent = "169.254.170.23/32"
    need = {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "NetworkPolicy" and agent in json.dumps(item)
    }
    assert need <= {i["metadata"]["name"] for i in objects if i["kind"] == "ServiceAccount"}
    text = (ROOT / "docs" / "kubernetes.md").read_text()
    step = text[text.index("4. Give the service accounts") : text.index("5. `helm dependency")]
    commands, _, table = step.partition("| service account |")
    assert need == set(re.findall(r"^ +\| (vitrine-[a-z-]+) \|", table, re.MULTILINE))
    assert need == set(re.findall(r"(?:--service-account |`)(vitrine-[a-z-]+)", commands))
