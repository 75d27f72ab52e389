"""`helm test`: probes that are posted come out at the other end, each once, and sell nothing."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

PATIENCE_SECONDS = 120
BEGAN = time.monotonic()
NAME = f"helm-test-{uuid4().hex[:12]}"
"""Of the product and of the order, which nobody else has."""


def probe() -> dict[str, Any]:
    """All are one customer's, so that they stay in their order.

    It says all that a purchase says, so that a probe which is counted as one is found.
    """
    return {
        "id_evento": str(uuid4()),
        "id_usuario": "helm-test",
        "tipo_evento": "sonda",
        "id_produto": NAME,
        "timestamp": datetime.now(UTC).isoformat(),
        "id_pedido": NAME,
        "quantidade": 1,
        "preco": "1.00",
    }


def wait_or_exit(reason: str) -> None:
    """A moment's wait, or the end of the test once its patience is over."""
    if time.monotonic() - BEGAN > PATIENCE_SECONDS:
        sys.exit(f"after {PATIENCE_SECONDS} s: {reason}")
    time.sleep(0.25)


def answer_to(request: Request) -> Any:
    """The JSON of a 2xx. What may pass by itself is tried again: no answer, or a 5xx."""
    what = f"{request.get_method()} {request.full_url}"
    while True:
        try:
            with urlopen(request, timeout=10) as response:
                return json.load(response)
        except HTTPError as error:
            if error.code < 500:
                sys.exit(f"{what}: {error.code} {error.read().decode()}")
            reason = f"{error.code} {error.reason}"
        except (OSError, HTTPException) as error:
            reason = repr(error)
        wait_or_exit(f"{what}: {reason}")


def post(event: dict[str, Any]) -> None:
    """Repeats are safe: the event has its name."""
    url = f"{os.environ['EVENT_PRODUCER_URL']}/eventos"
    answer_to(Request(url, json.dumps(event).encode(), {"Content-Type": "application/json"}))
    print(f"event-producer: took {event['id_evento']}")


def ask(path: str) -> dict[str, Any]:
    """An answer of the API."""
    found: dict[str, Any] = answer_to(Request(f"{os.environ['API_URL']}{path}"))
    return found


def come_out(names: set[str]) -> list[dict[str, Any]]:
    """What one answer says of these probes, once it has all of them."""
    while True:
        told = [each for each in ask("/pipeline/sondas")["sondas"] if each["id_evento"] in names]
        missing = names - {each["id_evento"] for each in told}
        if not missing:
            return told
        wait_or_exit(f"not out: {', '.join(sorted(missing))}")


first, last = probe(), probe()
for each in (first, first, last):
    post(each)
# Once the last one is out, so is the repeat before it.
told = come_out({first["id_evento"], last["id_evento"]})
print(f"analytics-api: all told {time.monotonic() - BEGAN:.1f} s after the first was posted")
for each in reversed(told):
    print(f"{each['id_evento']}: in the warehouse {each['segundos']} s after it was sent")
if len(told) != 2:
    sys.exit("a probe that was posted twice is told twice")
for path in ("/vendas/resumo", "/produtos/mais_vendidos"):
    if items := ask(f"{path}?id_produto={NAME}")["itens"]:
        sys.exit(f"a probe was sold, says {path}: {items}")
