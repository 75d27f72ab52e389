"""`helm test`: a purchase that is posted comes out of the API's numbers, once and exactly."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from urllib.request import Request, urlopen
from uuid import uuid4

PATIENCE_SECONDS = 120

product = f"helm-test-{uuid4().hex[:12]}"
purchase = {
    "id_evento": str(uuid4()),
    "id_usuario": "helm-test",
    "tipo_evento": "compra",
    "id_produto": product,
    "id_pedido": product,
    "quantidade": 2,
    "preco": 19.90,
    "timestamp": datetime.now(UTC).isoformat(),
}


def post() -> None:
    """Repeats are safe: the event has its name."""
    request = Request(
        f"{os.environ['EVENT_PRODUCER_URL']}/eventos",
        json.dumps(purchase).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as response:
        print("event-producer:", response.status)


def sold() -> list[dict[str, object]]:
    """What the API knows of the product."""
    url = f"{os.environ['API_URL']}/vendas/resumo?id_produto={product}"
    with urlopen(url, timeout=10) as response:
        found: list[dict[str, object]] = json.load(response)["itens"]
        return found


post()
post()
deadline = time.monotonic() + PATIENCE_SECONDS
while not (items := sold()) and time.monotonic() < deadline:
    time.sleep(1)
print("analytics-api:", items)
expected = {"id_produto": product, "total_vendido": 2, "receita": "39.80", "pedidos": 1}
sys.exit(items != [expected])
