"""`helm test`: probes that are posted come out at the other end, each once, and sell nothing."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

PATIENCE_SECONDS = 120
PRODUCT = f"helm-test-{uuid4().hex[:12]}"


def probe() -> dict[str, str]:
    """All are one customer's, so that they stay in their order."""
    return {
        "id_evento": str(uuid4()),
        "id_usuario": "helm-test",
        "tipo_evento": "sonda",
        "id_produto": PRODUCT,
        "timestamp": datetime.now(UTC).isoformat(),
    }


def post(event: dict[str, str]) -> None:
    """Repeats are safe: the event has its name."""
    request = Request(
        f"{os.environ['EVENT_PRODUCER_URL']}/eventos",
        json.dumps(event).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as response:
        print(f"event-producer: {response.status} for {event['id_evento']}")


def ask(path: str) -> dict[str, Any]:
    """An answer of the API."""
    with urlopen(f"{os.environ['API_URL']}{path}", timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def come_out(names: set[str], deadline: float) -> list[dict[str, Any]]:
    """What one answer says of these probes, once it has all of them."""
    while True:
        told = [each for each in ask("/pipeline/sondas")["sondas"] if each["id_evento"] in names]
        missing = names - {each["id_evento"] for each in told}
        if not missing:
            return told
        if time.monotonic() > deadline:
            sys.exit(f"not out after {PATIENCE_SECONDS} s: {', '.join(sorted(missing))}")
        time.sleep(0.25)


began = time.monotonic()
first, last = probe(), probe()
for each in (first, first, last):
    post(each)
# Once the last one is out, so is the repeat before it.
told = come_out({first["id_evento"], last["id_evento"]}, began + PATIENCE_SECONDS)
print(f"analytics-api: all told {time.monotonic() - began:.1f} s after the first was posted")
for each in reversed(told):
    print(f"{each['id_evento']}: in the warehouse {each['segundos']} s after it was sent")
if len(told) != 2:
    sys.exit("a probe that was posted twice is told twice")
for path in ("/vendas/resumo", "/produtos/mais_vendidos"):
    if items := ask(f"{path}?id_produto={PRODUCT}")["itens"]:
        sys.exit(f"a probe was sold, says {path}: {items}")
