"""Random questions about very many sales, answered as DuckDB counts the same lines.

`SALES_LINES=2000000` asks of more lines than every run can afford.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import pytest
from tests.support.platform import local_settings
from tests.support.sales_lines import (
    FIRST_DAY,
    LAST_DAY,
    PRODUCTS,
    PlainCount,
    Sold,
    load,
)
from tests.support.service import Service
from tests.support.shop import API, Shop, wait_for

from analytics_api.cursor import encode_cursor
from vitrine_local.declared_parts import BACKING
from vitrine_local.platform import LocalPlatform

LINES = int(os.environ.get("SALES_LINES", "200000"))
QUESTIONS = 200
LOCAL_DAY = "CAST(data AT TIME ZONE 'UTC' AT TIME ZONE 'America/Sao_Paulo' AS DATE)"
CHECKSUMS = (
    "SELECT COUNT(*), SUM(quantidade), SUM(quantidade * preco), COUNT(DISTINCT id_pedido), "
    f"COUNT(DISTINCT id_produto), MIN({LOCAL_DAY}), MAX({LOCAL_DAY}) FROM vendas"
)


@pytest.fixture(scope="module")
def counted() -> PlainCount:
    return PlainCount.of(LINES)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, counted: PlainCount) -> Iterator[Shop]:
    with LocalPlatform(local_settings(tmp_path_factory.mktemp("scale"))) as platform:
        platform.start([*BACKING, "setup"])
        shop = Shop(platform)
        load(shop, LINES)
        [found] = shop.rows(CHECKSUMS)
        assert tuple(found) == counted.checksums()
        log = platform.layout.root / "api.log"
        # Not by the platform, which waits a minute at most for a part.
        service = Service("analytics_api.main", platform.environment(API), url=shop.url, log=log)
        try:
            service.wait_ready()
            wait_for(lambda: service.status("/readyz") == 200, "all is read", seconds=300)
            yield shop
        finally:
            service.kill()


@dataclass(frozen=True)
class Question:
    """Parameters as they are sent; `after` is the product after which a page begins."""

    inicio: date | None
    fim: date | None
    id_produto: str | None
    limite: int | None
    after: str | None

    @classmethod
    def any(cls, random: Random) -> "Question":
        days = (LAST_DAY - FIRST_DAY).days
        ends = sorted(FIRST_DAY + timedelta(days=random.randint(-9, days)) for _ in range(2))
        if random.random() < 0.3:
            ends[1] = ends[0] + timedelta(days=random.choice([0, 1, 6, 30]))
        return cls(
            inicio=random.choice([None, *[ends[0]] * 4]),
            fim=random.choice([None, *[ends[1]] * 4]),
            id_produto=random.choice([None, None, None, f"p{random.randrange(PRODUCTS)}", "none"]),
            limite=random.choice([None, 1, 7, 100, 1000]),
            after=random.choice([None, f"p{random.randrange(PRODUCTS)}"]),
        )

    def parameters(self, **more: str) -> dict[str, str]:
        named = {
            "inicio": self.inicio,
            "fim": self.fim,
            "id_produto": self.id_produto,
            "limite": self.limite,
        }
        return {name: str(value) for name, value in named.items() if value is not None} | more

    @property
    def period(self) -> tuple[date, date, str | None]:
        return self.inicio or date.min, self.fim or date.max, self.id_produto


def sold(figures: dict[str, Any]) -> Sold:
    return figures["total_vendido"], Decimal(figures["receita"]), figures["pedidos"]


def ask(client: httpx.Client, path: str, parameters: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(path, params=parameters).raise_for_status().json()
    return answer


def check_page(client: httpx.Client, question: Question, products: dict[str, Sold]) -> Sold:
    after = question.after or ""
    cursor = {"cursor": encode_cursor(after)} if after else {}
    answer = ask(client, "/vendas/resumo", question.parameters(**cursor))
    names = sorted((name for name in products if name > after), key=str.encode)
    shown = names[: question.limite or 100]
    assert [(i["id_produto"], *sold(i)) for i in answer["itens"]] == [
        (name, *products[name]) for name in shown
    ]
    expected = encode_cursor(shown[-1]) if len(shown) < len(names) else None
    assert answer["proximo_cursor"] == expected
    return sold(answer["total"])


def check_ranking(client: httpx.Client, question: Question, products: dict[str, Sold]) -> Sold:
    answer = ask(client, "/produtos/mais_vendidos", question.parameters())
    best = sorted(products.items(), key=lambda p: (-p[1][0], -p[1][1], p[0].encode()))
    assert [(i["posicao"], i["id_produto"], *sold(i)) for i in answer["itens"]] == [
        (place, name, *figures)
        for place, (name, figures) in enumerate(best[: question.limite or 10], start=1)
    ]
    return sold(answer["total"])


def test_any_question_is_answered_as_the_lines_are_counted(shop: Shop, counted: PlainCount) -> None:
    random = Random(2_000_000)
    with httpx.Client(base_url=shop.url, timeout=20) as client:
        for number in range(QUESTIONS):
            question = Question.any(random)
            check = check_page if number % 2 else check_ranking
            products = counted.products(*question.period)
            assert check(client, question, products) == counted.total(*question.period), question
