"""Funnel, states and lost sales are what DuckDB computes from all that is on Kafka."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from pymongo import MongoClient
from tests.support.kafka import TopicReader
from tests.support.open_shop import SIMULATOR, get
from tests.support.platform import mongo_url
from tests.support.stream import STREAM, Stream, encoded, event, purchase
from tests.support.topic_tables import TopicTables
from tests.support.waiting import wait_until

from event_contracts.names import COLLECTION_PERFIS, TOPIC_ESTOQUE, TOPIC_EVENTOS

SOLD_OUT: Final = "p015-suporte-para-celular"
"""Of the shop's seed, long before it closes."""


@pytest.fixture(scope="module")
def tables(shop: Stream) -> TopicTables:
    """Of all that is on Kafka, with a customer whom the shop does not know, whose click
    comes twice, who buys what was sold out and sends a part of it back."""
    who = {"id_usuario": "sem-perfil", "id_produto": SOLD_OUT}
    seen, added = event(**who), event(**who, tipo_evento="adicao_carrinho")
    bought = purchase(**who, quantidade=3)
    back = bought | {"id_evento": str(uuid4()), "tipo_evento": "devolucao", "quantidade": 1}
    shop.put(encoded([seen, added, bought, back, seen]))
    assert shop.drain().exact
    environment = shop.platform.environment(STREAM)
    records = {
        name: TopicReader(environment["KAFKA_BOOTSTRAP_SERVERS"], name, len(topic.latest())).read()
        for name, topic in shop.topics.items()
    }
    url = mongo_url(shop.platform).get_secret_value()
    with MongoClient[dict[str, Any]](url) as client:
        profiles = list(client[environment["MONGO_DATABASE"]][COLLECTION_PERFIS].find())
    return TopicTables(
        events=records[TOPIC_EVENTOS],
        updates=records[TOPIC_ESTOQUE],
        profiles=profiles,
        record=Path(shop.platform.environment(SIMULATOR)["RECORD_PATH"]),
    )


def test_the_funnel_equals_a_computation_over_the_topic(shop: Stream, tables: TopicTables) -> None:
    def differences() -> list[object]:
        told = get(shop, "/metricas/funil").json()
        since, counted = (datetime.fromisoformat(told[n]) for n in ("desde", "contado_em"))
        assert since == counted.replace(second=0, microsecond=0) - timedelta(minutes=59)
        figures = (told["clicaram"], told["adicionaram"], told["compraram"])
        assert min(figures) > 0
        return [] if figures == tables.funnel(since) else [figures, tables.funnel(since)]

    _settle(differences)


def test_states_and_segments_equal_a_computation_over_the_topic(
    shop: Stream, tables: TopicTables
) -> None:
    def differences() -> list[object]:
        last = datetime.now(UTC).replace(second=0, microsecond=0)
        told, first = get(shop, "/metricas/regioes").json(), last - timedelta(minutes=59)
        states = _sums(told["estados"], "estado", "regiao")
        segments = _sums(told["segmentos"], "segmento")
        assert len(states) > 10
        return [
            (seen, computed)
            for seen, computed in (
                (states, tables.sums(("estado", "regiao"), first, last)),
                (segments, tables.sums(("segmento",), first, last)),
            )
            if seen != computed
        ]

    _settle(differences)


def test_lost_sales_equal_a_computation_over_the_topics(shop: Stream, tables: TopicTables) -> None:
    found = tables.sold_out(datetime.now(UTC))
    assert SOLD_OUT in found
    for name in sorted(found):
        wait_until(partial(_lost_sales, shop, name), "they are estimated")
        told = _lost_sales(shop, name) or {}
        since, until = (datetime.fromisoformat(told.pop(n)) for n in ("desde", "ate"))
        computed = asdict(tables.lost(name, since, until))
        print(f"{name}: {computed}")
        assert told | {"receita": float(told["receita"])} == pytest.approx(computed, abs=0.006)


def _lost_sales(shop: Stream, name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = get(shop, f"/estoque/{name}").json()["vendas_perdidas"]
    return found


def _settle(differences: Callable[[], list[object]]) -> None:
    """Wait until there are none."""
    try:
        wait_until(lambda: not differences(), "the figures are what the topic says", seconds=60)
    except AssertionError as error:
        raise AssertionError(differences()) from error


def _sums(
    rows: Iterable[dict[str, Any]], *names: str
) -> dict[tuple[str, ...], tuple[int, int, Decimal, int]]:
    """Orders, units, revenue and views, where there are any."""
    return {
        tuple(row[name] for name in names): figures
        for row in rows
        if any(
            figures := (
                row["pedidos"],
                row["unidades"],
                Decimal(row["receita"]),
                row["visualizacoes"],
            )
        )
    }
