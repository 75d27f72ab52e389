"""Records in which no check finds anything wrong, and which the warehouse refuses all the same."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from tests.support.narrow_table import narrowed
from tests.support.stream import STREAM, Stream, encoded, event, purchase
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from warehouse.audit import audit
from warehouse.tables import ATUALIZACOES, VENDAS

SIZE = 40
TOO_LONG = "x" * (SIZE + 1)
LETTERS = (
    "SELECT topic, chave, conteudo, detalhe FROM eventos_rejeitados "
    "WHERE motivo = 'recusado_pelo_armazem'"
)


def _update(product: str, warehouse: str) -> bytes:
    moment = datetime.now(UTC).isoformat()
    fields = {"id_produto": product, "id_armazem": warehouse, "nivel_estoque": 3}
    return json.dumps({**fields, "ultima_atualizacao": moment}).encode()


@pytest.mark.timeout(600)
def test_what_the_warehouse_refuses_is_set_aside_and_all_else_written(
    stream: Stream, tmp_path: Path
) -> None:
    """Both topics in one micro-batch, refused by INSERT and by COPY, through a kill -9."""
    user, product = str(uuid4()), str(uuid4())
    refused = encoded(purchase(id_usuario=user, id_pedido=TOO_LONG) for _ in range(4))
    stock = _update(product, TOO_LONG)
    clicks = encoded(event(id_usuario=user) for _ in range(100))
    bought = encoded(purchase(id_usuario=user) for _ in range(200))
    stream.platform.kill(STREAM)
    with (
        narrowed(stream.warehouse, VENDAS, "id_pedido", size=SIZE),
        narrowed(stream.warehouse, ATUALIZACOES, "id_armazem", size=SIZE),
    ):
        for number, letter in enumerate(refused[:3]):
            key = f"k{number}".encode()
            stream.put([*clicks[number::3], b"{", letter, *bought[number::3]], key=key)
        stream.put([_update(product, "a1"), stock, _update(product, "a2")], topic=TOPIC_ESTOQUE)
        _die_before_setting_aside(stream, tmp_path)
        report = audit(stream.warehouse)
        assert report.exact, report.problems
        stream.start()
        report = stream.drain()
        assert report.exact, report.problems
        stream.put(refused[3:], key=b"k3")
        report = stream.drain()
        assert report.exact, report.problems
        wait_until(stream.is_ready, "the stream is ready")
    assert _count(stream, "eventos_clientes", "id_usuario", user) == 300
    assert _count(stream, "vendas", "id_usuario", user) == 200
    assert _count(stream, "atualizacoes_estoque", "id_produto", product) == 2
    letters = [tuple(row) for row in stream.rows(LETTERS)]
    detail = "the warehouse refuses a value: "
    copied = f"{detail}longer than the length defined in the table"
    assert sorted(letters) == sorted(
        [
            (TOPIC_ESTOQUE, b"u1".hex(), stock.hex(), copied),
            *(
                (TOPIC_EVENTOS, f"k{n}".encode().hex(), value.hex(), f"{detail}SQLSTATE 22001")
                for n, value in enumerate(refused)
            ),
        ]
    )


def _die_before_setting_aside(stream: Stream, failpoints: Path) -> None:
    (failpoints / "before_setting_aside.armed").touch()
    stream.start(FAILPOINTS_DIR=str(failpoints))
    reached = failpoints / "before_setting_aside.reached"
    wait_until(reached.exists, "the stream has found a record that the warehouse refuses")
    stream.platform.kill(STREAM)
    assert stream.rows(LETTERS) == []


def _count(stream: Stream, table: str, column: str, value: str) -> int:
    return int(stream.rows(f"SELECT COUNT(*) FROM {table} WHERE {column} = %s", (value,))[0][0])
