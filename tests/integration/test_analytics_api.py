"""analytics-api before a real warehouse, a real Kafka and a document store."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from itertools import combinations_with_replacement, product
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.support.demand import plain_demand
from tests.support.hanging_peer import hanging_peer
from tests.support.platform import free_ports
from tests.support.shop import (
    API,
    Sale,
    Shop,
    active_document,
    append,
    insert,
    insert_from_file,
    insert_load,
    minute_document,
    running_shop,
    wait_for,
)

from analytics_api.freshness import STANDS_STILL_AFTER
from analytics_api.ledger_audit import last_commit
from analytics_api.ledger_storage import whole_ledger
from analytics_api.lost_sales import LOOK_BACK, Demand
from analytics_api.lost_sales_storage import demand
from analytics_api.probe_storage import LOOK_BACK_EVERY, Probes, newer_probes
from analytics_api.sales import Cell, SalesColumns
from analytics_api.sales_storage import SalesSource
from analytics_api.same_time import compared_days
from analytics_api.same_time_storage import CURVES_EVERY, SameTimeSource
from analytics_api.stock_storage import StockSource
from event_contracts.names import TOPIC_ESTOQUE
from service_runtime.errors import TransientError
from stream_processor.funnel_figures import Funnel
from stream_processor.region_documents import (
    active_regions_document,
    funnel_document,
    regions_document,
)
from stream_processor.region_figures import RegionMinute, Totals
from warehouse import ledger
from warehouse.folding import fold

PLAIN_COUNT = (
    "SELECT id_produto, SUM(unidades), SUM(receita), SUM(CASE WHEN unidades > 0 THEN 1 ELSE 0 END) "
    "FROM (SELECT id_produto, id_pedido, SUM(quantidade) AS unidades, "
    "SUM(quantidade * preco) AS receita FROM vendas {} GROUP BY id_produto, id_pedido) AS pedidos "
    "GROUP BY id_produto ORDER BY id_produto"
)
LOCAL_DAY = "CAST(data AT TIME ZONE 'UTC' AT TIME ZONE 'America/Sao_Paulo' AS DATE)"
SHOP_ZONE = ZoneInfo("America/Sao_Paulo")
OLD = datetime(2025, 3, 10, 2, 30, tzinfo=UTC)
"""Still 9 March in São Paulo."""
PERIODS = [
    (f"2025-03-{first:02d}", f"2025-03-{last:02d}")
    for first, last in combinations_with_replacement(range(9, 14), 2)
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


def plain(shop: Shop, where: str = "") -> list[tuple[str, int, Decimal, int]]:
    return [(p, int(n), v, int(o)) for p, n, v, o in shop.rows(PLAIN_COUNT.format(where))]


def told(shop: Shop, **parameters: str) -> list[tuple[str, int, Decimal, int]]:
    return rows_of(shop.get("/vendas/resumo", limite=1000, **parameters))


def rows_of(answer: httpx.Response) -> list[tuple[str, int, Decimal, int]]:
    return [
        (i["id_produto"], i["total_vendido"], Decimal(i["receita"]), i["pedidos"])
        for i in answer.json()["itens"]
    ]


def test_an_empty_shop_has_answers(shop: Shop) -> None:
    shop.empty()
    assert shop.items() == []
    assert shop.get("/metricas/tempo_real").json()["vendas_hoje"]["receita"] == "0.00"
    wait_for(lambda: shop.get("/qualidade").status_code == 200, "the checks were asked for")
    assert shop.get("/qualidade").json()["id_execucao"] is None


def test_what_is_committed_shows(shop: Shop) -> None:
    shop.commit(Sale("o1", "p-first", 3, "49.90"))
    wait_for(lambda: bool(shop.items(id_produto="p-first")), "the sale shows")
    assert told(shop, id_produto="p-first") == [("p-first", 3, Decimal("149.70"), 1)]


def assert_plain_in_all_periods(shop: Shop) -> None:
    wait_for(lambda: told(shop) == plain(shop), "the API tells what the warehouse holds")
    for inicio, fim in PERIODS:
        where = f"WHERE {LOCAL_DAY} BETWEEN '{inicio}' AND '{fim}'"
        assert told(shop, inicio=inicio, fim=fim) == plain(shop, where), (inicio, fim)


def test_batch_by_batch_amounts_to_the_plain_count(shop: Shop) -> None:
    batches = [
        [Sale("a", "p1", 1, data=OLD), Sale("a", "p1", 2, data=OLD), Sale("a", "p2", data=OLD)],
        [Sale("a", "p1", 5, "0.01", OLD), Sale("b", "p1", data=OLD + timedelta(hours=1))],
        [Sale("a", "p1", data=OLD + timedelta(days=2)), Sale("c", "p3", data=OLD)],
        [Sale("a", "p1", data=OLD + timedelta(days=1)), Sale("b", "p1", -1, data=OLD)],
        [Sale("c", "p3", -1, "10.00", OLD + timedelta(days=40)), Sale("d", "p4", -2, data=OLD)],
    ]
    for number, batch in enumerate(batches):
        shop.commit(*batch, partition=number % 2)
        assert_plain_in_all_periods(shop)
    assert told(shop, id_produto="p4") == [("p4", -2, Decimal("-20.00"), 0)]


def test_any_lines_amount_to_the_plain_count_added_or_read_at_once(shop: Shop) -> None:
    random = Random(13)
    for number in range(6):
        batch = [
            Sale(
                random.choice("uvwxyz"),
                random.choice(["r1", "r2"]),
                random.choice([-3, -2, -1, 1, 2, 3]),
                random.choice(["0.01", "19.90"]),
                OLD + timedelta(days=random.randrange(4), hours=random.randrange(3)),
            )
            for _ in range(15)
        ]
        shop.commit(*batch, partition=number % 2)
        assert_plain_in_all_periods(shop)
    shop.restart()
    assert_plain_in_all_periods(shop)


def test_orders_of_a_day_are_net(shop: Shop) -> None:
    def orders() -> int:
        found: int = shop.get("/metricas/tempo_real").json()["vendas_hoje"]["pedidos"]
        return found

    before = orders()
    shop.commit(Sale("net", "p1", 2), Sale("net", "p2", -1))
    wait_for(lambda: orders() == before + 1, "more was bought than taken back")
    shop.commit(Sale("net", "p2", -1))
    wait_for(lambda: orders() == before, "now it was not")


def sold_on(shop: Shop, day: date, before: datetime) -> Cell:
    """By the rule itself, from the lines of a local day before a local time."""
    lines = shop.rows("SELECT id_pedido, quantidade, preco, data FROM vendas")
    net: Counter[str] = Counter()
    revenue = Decimal("0.00")
    for order, units, price, moment in lines:
        local = moment.replace(tzinfo=UTC).astimezone(SHOP_ZONE).replace(tzinfo=None)
        if local.date() == day and local < before:
            net[order] += units
            revenue += units * price
    return Cell(net.total(), revenue, sum(units > 0 for units in net.values()))


def test_a_past_day_up_to_any_time_amounts_to_the_plain_count(shop: Shop) -> None:
    random = Random(16)
    midnight = OLD.replace(hour=3, minute=0)
    shop.commit(
        *[
            Sale(
                random.choice("jklmno"),
                random.choice(["r1", "r2"]),
                random.choice([-2, -1, 1, 2, 3]),
                random.choice(["0.01", "19.90"]),
                midnight + timedelta(days=random.choice([0, 6]), seconds=random.randrange(86_400)),
            )
            for _ in range(60)
        ]
    )
    now = midnight + timedelta(days=7)
    source = SameTimeSource("America/Sao_Paulo", now=lambda: now)
    with shop.warehouse.transaction() as transaction:
        source.read(transaction, "true")
    days = compared_days(now.astimezone(SHOP_ZONE).date())
    assert set(source.curves) == set(days)
    for day, minute in product(days, range(0, 1440, 17)):
        before = datetime.combine(day, time()) + timedelta(minutes=minute)
        assert source.curves[day].before(before) == sold_on(shop, day, before), before


@dataclass
class Clocks:
    """Of the calendar, and in seconds."""

    now: datetime = OLD + timedelta(days=30)
    seconds: float = 0.0


def test_past_days_are_read_when_they_change(shop: Shop) -> None:
    clocks = Clocks()
    source = SameTimeSource(
        "America/Sao_Paulo", now=lambda: clocks.now, clock=lambda: clocks.seconds
    )
    yesterday = compared_days(clocks.now.astimezone(SHOP_ZONE).date())[0]

    def units(day: date) -> int | None:
        with shop.warehouse.transaction() as transaction:
            source.read(transaction, "true")
        curve = source.curves.get(day)
        return None if curve is None else curve.sums[-1].unidades

    assert units(yesterday) is None
    shop.commit(Sale("late", "p-late", 4, data=clocks.now - timedelta(days=1)))
    clocks.seconds = CURVES_EVERY
    assert units(yesterday) is None
    assert [*source.noting([[("late", "p-late", yesterday - timedelta(days=1), 4, "40.00")]])]
    assert units(yesterday) is None
    assert [*source.noting([[("late", "p-late", yesterday, 4, "40.00")]])]
    assert units(yesterday) == 4
    shop.commit(Sale("later", "p-late", 2, data=clocks.now - timedelta(days=1)))
    assert [*source.noting([[("later", "p-late", yesterday, 2, "20.00")]])]
    assert units(yesterday) == 4
    clocks.seconds += CURVES_EVERY
    assert units(yesterday) == 6
    clocks.now += timedelta(days=1)
    assert (units(yesterday), units(yesterday + timedelta(days=1))) == (None, None)
    clocks.now += timedelta(days=4)
    assert units(yesterday) is None
    clocks.now += timedelta(days=1)
    assert units(yesterday) == 6


def test_today_is_told_beside_yesterday_and_a_week_ago(shop: Shop) -> None:
    today = datetime.now(SHOP_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    assert shop.get("/metricas/tempo_real").json()["comparacao"]["ontem"] is None
    yesterday, last_week = (today - timedelta(days=ago) for ago in (1, 7))
    shop.commit(
        Sale("y", "p1", 2, "30.00", yesterday),
        Sale("y", "p2", 1, "5.00", yesterday + timedelta(hours=23, minutes=59, seconds=59)),
        Sale("w", "p1", 1, "7.00", last_week),
    )
    shop.restart()
    told = shop.get("/metricas/tempo_real").json()["comparacao"]
    assert told["semana_passada"].pop("ate") < told["ontem"].pop("ate")
    assert told == {
        "ontem": told_at(yesterday, pedidos=1, unidades=2, receita="60.00"),
        "semana_passada": told_at(last_week, pedidos=1, unidades=1, receita="7.00"),
    }


def told_at(day: datetime, **figures: object) -> dict[str, object]:
    return {"dia": f"{day:%Y-%m-%d}", **figures}


def test_lines_from_files_show_when_the_file_is_loaded(shop: Shop) -> None:
    """The stream commits nothing meanwhile, and a load may also take lines of the stream out."""
    with shop.warehouse.transaction() as transaction:
        insert_from_file(transaction, [Sale("a", "p1", -9, data=OLD), Sale("file", "p-file")])
        insert_load(transaction, etag="1")
    wait_for(lambda: bool(shop.items(id_produto="p-file")), "the file's sale shows")
    assert told(shop, id_produto="p-file") == [("p-file", 1, Decimal("10.00"), 1)]
    shop.commit(Sale("a", "p1", 9, data=OLD), Sale("file", "p-file", -1))
    assert_plain_in_all_periods(shop)
    with shop.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM vendas WHERE id_pedido = 'a' AND origem = 'fluxo'")
        insert_load(transaction, etag="2")
    assert_plain_in_all_periods(shop)


def test_a_restart_tells_the_same(shop: Shop) -> None:
    wait_for(lambda: told(shop) == plain(shop), "the API tells what the warehouse holds")
    before = shop.get("/vendas/resumo")
    shop.restart()
    after = shop.get("/vendas/resumo")
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])


def let_a_day_pass(shop: Shop) -> None:
    """As if all that was committed had been so a day before."""
    with shop.warehouse.transaction() as transaction:
        transaction.execute("UPDATE ingestao SET committed_at = DATEADD(day, -1, committed_at)")


def fold_past_days(shop: Shop) -> None:
    with shop.warehouse.transaction() as transaction:
        ledger.lock(transaction)
        assert fold(transaction, today=datetime.now(UTC).date() + timedelta(days=1)) > 0


def test_a_folded_ledger_tells_the_same(shop: Shop) -> None:
    for product_id in ("p-past-1", "p-past-2"):
        shop.commit(Sale("past", product_id))
    wait_for(lambda: bool(shop.items(id_produto="p-past-2")), "the past is known")
    before = shop.get("/pipeline/conciliacao").json()["particoes"]
    let_a_day_pass(shop)
    shop.commit(Sale("today", "p-today"))
    fold_past_days(shop)
    shop.commit(Sale("folded", "p-folded"))
    wait_for(lambda: bool(shop.items(id_produto="p-folded")), "it goes on")
    after = shop.get("/pipeline/conciliacao").json()["particoes"]
    assert sum(p["n_read"] for p in after) == sum(p["n_read"] for p in before) + 2
    assert_plain_in_all_periods(shop)


def test_a_row_counts_when_the_ledger_says_so(shop: Shop) -> None:
    first = shop.done_to(0)
    with shop.warehouse.transaction() as transaction:
        insert(transaction, [Sale("early", "p-early")], partition=0, first=first + 1)
    shop.commit(Sale("x", "p-other"))
    wait_for(lambda: bool(shop.items(id_produto="p-other")), "the first offset shows")
    assert shop.items(id_produto="p-early") == []
    with shop.warehouse.transaction() as transaction:
        append(transaction, 1, partition=0, first=first + 1)
    shop.produce(1)
    wait_for(lambda: bool(shop.items(id_produto="p-early")), "the second offset shows")


def test_live_metrics_follow_the_documents(shop: Shop) -> None:
    now = datetime.now(UTC)
    views = [{"id_produto": "p1", "n": 4}, {"id_produto": "p2", "n": 6}]
    shop.put_metrics(
        minute_document(
            now, revisao=9, pedidos=2, unidades=3, receita="30.50", visualizacoes=views
        ),
        minute_document(now - timedelta(minutes=58), unidades=7, visualizacoes=views[:1]),
        minute_document(now - timedelta(minutes=61), pedidos=99, visualizacoes=views[:1]),
        active_document(now, 11),
    )
    wait_for(
        lambda: shop.get("/metricas/tempo_real").json()["usuarios_ativos"] == 11,
        "the active customers show",
    )
    live = shop.get("/metricas/tempo_real").json()
    sold = {m["minuto"]: m for m in live["vendas_por_minuto"]}
    assert len(sold) == 60
    assert sold[f"{now:%Y-%m-%dT%H:%M:00Z}"] == {
        "minuto": f"{now:%Y-%m-%dT%H:%M:00Z}",
        "pedidos": 2,
        "unidades": 3,
        "receita": "30.50",
        "revisao": 9,
    }
    assert sum(m["pedidos"] for m in live["vendas_por_minuto"]) == 2
    assert sum(m["unidades"] for m in live["vendas_por_minuto"]) == 10
    assert {v["id_produto"]: v["visualizacoes"] for v in live["mais_vistos"]}["p2"] == 6


def test_states_and_the_funnel_follow_the_documents(shop: Shop) -> None:
    now = datetime.now(UTC)
    sold, seen = Totals(2, 3, Decimal("30.50"), 4), Totals(visualizacoes=1)
    minute = RegionMinute({("SP", "Sudeste"): sold, ("BA", "Nordeste"): seen}, {("fiel",): sold})
    funnel = Funnel(9, 5, 2, 3, 2, 1, Decimal("19.90"))
    shop.put_metrics(
        regions_document(int(now.timestamp()) // 60 * 60, minute),
        regions_document(int(now.timestamp()) // 60 * 60 - 61 * 60, minute),
        active_regions_document({("BA", "Nordeste"): 7}, {}, waiting=3, now=now),
        funnel_document(funnel, since=int(now.timestamp()), now=now),
    )
    wait_for(lambda: shop.get("/metricas/regioes").json()["aguardando"] == 3, "the states show")
    states = shop.get("/metricas/regioes").json()["estados"]
    assert [(s["estado"], s["receita"], s["usuarios_ativos"]) for s in states] == [
        ("SP", "30.50", 0),
        ("BA", "0.00", 7),
    ]
    found = shop.get("/metricas/funil").json()
    assert (found["clicaram"], found["carrinhos_abandonados"]["valor"]) == (9, "19.90")


def test_the_lag_is_what_lies_on_kafka_beyond_the_ledger(shop: Shop) -> None:
    def lag() -> int | None:
        found: int | None = shop.get("/pipeline/conciliacao").json()["totais"]["atraso"]
        return found

    shop.empty()
    wait_for(lambda: lag() == 0, "all is done")
    shop.produce(3, partition=1)
    wait_for(lambda: lag() == 3, "three records wait")
    confirmed = shop.get("/pipeline/conciliacao").json()["frescor"]["confirmado_em"]
    shop.commit(*[Sale(f"l{i}", "p-lag") for i in range(3)], partition=1, on_kafka=False)
    wait_for(lambda: lag() == 0, "and are done")
    found = shop.get("/pipeline/conciliacao").json()
    assert found["exata"] is True
    assert found["frescor"]["confirmado_em"] > confirmed


def test_every_topic_is_reconciled_and_offsets_may_be_absent(shop: Shop) -> None:
    def stock() -> dict[str, object]:
        found = shop.get("/pipeline/conciliacao").json()
        assert found["exata"] is True
        first: dict[str, object] = found["particoes"][0]
        return first

    shop.empty()
    first = shop.done_to(topic=TOPIC_ESTOQUE)
    shop.produce(3, topic=TOPIC_ESTOQUE)
    wait_for(lambda: stock()["atraso"] == 3, "three updates wait")
    sales = shop.get("/vendas/resumo").content
    with shop.warehouse.transaction() as transaction:
        append(transaction, 2, partition=0, first=first, topic=TOPIC_ESTOQUE, absent=1)
    wait_for(lambda: stock()["atraso"] == 0, "and are done")
    told_of = ("topic", "partition", "off_to", "n_read", "n_absent")
    assert [stock()[name] for name in told_of] == [TOPIC_ESTOQUE, 0, first + 3, 2, first + 1]
    assert shop.get("/vendas/resumo").content == sales


def probes(shop: Shop) -> list[dict[str, str | float]]:
    found: list[dict[str, str | float]] = shop.get("/pipeline/sondas").json()["sondas"]
    return found


def told_probes(shop: Shop) -> list[str | float]:
    return [probe["id_evento"] for probe in probes(shop)]


def test_probes_show_when_they_are_committed(shop: Shop) -> None:
    before = probes(shop)
    sent = datetime.now(UTC) - timedelta(seconds=90)
    (name,) = shop.commit_probes(sent)
    wait_for(lambda: probes(shop) != before, "the probe shows")
    (committed,) = shop.rows("SELECT MAX(committed_at) FROM ingestao")
    (probe,) = (each for each in probes(shop) if each["id_evento"] == name)
    seconds = round((committed[0].replace(tzinfo=UTC) - sent).total_seconds(), 3)
    assert probe["segundos"] == seconds
    assert seconds >= 90


def test_the_newest_probes_are_told_whatever_comes_between_and_after_a_restart(
    shop: Shop,
) -> None:
    now = datetime.now(UTC)
    names = shop.commit_probes(*(now - timedelta(seconds=n) for n in range(25)))
    shop.commit(Sale("between", "p-between"), partition=1)
    (newest,) = shop.commit_probes(now + timedelta(seconds=1), partition=1)
    expected = [newest, *names[:19]]
    wait_for(lambda: told_probes(shop) == expected, "the newest twenty are told")
    shop.restart()
    assert told_probes(shop) == expected
    let_a_day_pass(shop)
    (after,) = shop.commit_probes(now + timedelta(seconds=2))
    fold_past_days(shop)
    wait_for(lambda: told_probes(shop) == [after, newest, *names[:18]], "and the next one")
    shop.restart()
    seconds = [probe["segundos"] for probe in probes(shop)]
    assert seconds[0] is not None
    assert seconds[1:] == [None] * 19, "of a folded day only its last commit is known"
    assert [probe["gravada_em"] for probe in probes(shop)[1:]] == [None] * 19


def test_probes_that_waited_in_an_outage_are_looked_for_now_and_then(shop: Shop) -> None:
    with shop.warehouse.transaction() as transaction:
        at = last_commit(whole_ledger(transaction))
    assert at is not None
    first = shop.done_to()
    now, waited, too_long = shop.commit_probes(
        *(at - timedelta(hours=hours) for hours in (0, 23, 25))
    )
    offsets = {0: (first, first + 3)}
    look = partial(newer_probes, added=offsets, done=offsets, at=at)
    for since, expected in (
        (LOOK_BACK_EVERY - timedelta(seconds=1), {now}),
        (LOOK_BACK_EVERY, {now, waited}),
    ):
        with shop.warehouse.transaction() as transaction:
            found = look(transaction, Probes(looked_back_at=at - since))
        names = {probe.id_evento for probe in found.newest}
        assert names & {now, waited, too_long} == expected
        assert (found.looked_back_at == at) == (waited in expected)


def test_stock_follows_what_is_committed_and_a_restart_tells_the_same(shop: Shop) -> None:
    def levels() -> dict[str, list[tuple[str, int]]]:
        return {
            item["id_produto"]: [(at["id_armazem"], at["nivel_estoque"]) for at in item["armazens"]]
            for item in shop.items("/estoque")
            if item["id_produto"] in ("p-a", "p-b", "p-c")
        }

    shop.commit_stock(("p-a", "norte", 5), ("p-a", "sul", 7), ("p-b", "sul", 0))
    wait_for(lambda: len(levels()) == 2, "the stock shows")
    assert levels() == {"p-a": [("norte", 5), ("sul", 7)], "p-b": [("sul", 0)]}
    shop.commit_stock(("p-a", "sul", 6), ("p-c", "norte", 1))
    wait_for(lambda: "p-c" in levels(), "the change shows")
    expected = {"p-a": [("norte", 5), ("sul", 6)], "p-b": [("sul", 0)], "p-c": [("norte", 1)]}
    assert levels() == expected
    shop.commit(Sale("pace", "p-a", 3))
    shop.restart()
    assert levels() == expected
    of_one = shop.get("/estoque/p-a").json()
    assert (of_one["nivel_estoque"], of_one["ritmo_por_hora"] > 0) == (11, True)
    assert shop.get("/estoque/p-z").status_code == 404


LOOKED_AT = datetime(2025, 8, 20, 15, tzinfo=UTC)


def put_random_history(shop: Shop, product: str, random: Random) -> None:
    """Of ten days; levels of three locations, the third of which is silent for a year."""

    def moment() -> datetime:
        return LOOKED_AT - timedelta(seconds=random.randrange(10 * 86_400))

    places = ["cd", "loja"]
    shop.put_history(
        product,
        levels=[(random.choice(places), random.choice([0, 0, 0, 5]), moment()) for _ in range(60)],
        events=[
            (random.choice(["clique", "clique", "adicao_carrinho", "compra"]), moment())
            for _ in range(300)
        ],
        sales=[
            Sale(f"{product}-{n}", product, random.choice([-1, 1, 1, 2]), "19.90", moment())
            for n in range(40)
        ],
    )


def plain_demand_of(shop: Shop, product: str) -> dict[bool, tuple[Any, ...]]:
    where = f"WHERE id_produto = '{product}'"
    level = "id_armazem, nivel_estoque, ultima_atualizacao, kafka_offset"
    return plain_demand(
        [
            *shop.rows(f"SELECT {level} FROM atualizacoes_estoque {where}"),
            *shop.rows(f"SELECT {level} FROM estoque {where}"),
        ],
        shop.rows(f'SELECT tipo_evento, "timestamp" FROM eventos_clientes {where}'),
        shop.rows(f"SELECT quantidade, preco, data FROM vendas {where}"),
        since=(LOOKED_AT - LOOK_BACK).replace(tzinfo=None),
        until=LOOKED_AT.replace(tzinfo=None),
    )


@pytest.mark.parametrize("silent_units", [None, 0, 3])
def test_demand_with_and_without_stock_amounts_to_the_plain_count(
    shop: Shop, silent_units: int | None
) -> None:
    product = f"p-demand-{silent_units}"
    put_random_history(shop, product, Random(str(silent_units)))
    if silent_units is not None:
        silent = (product, silent_units, "2024-08-20 00:00:00", "silent", 0, 0)
        with shop.warehouse.transaction() as transaction:
            transaction.execute(
                "INSERT INTO estoque (id_produto, nivel_estoque, ultima_atualizacao, id_armazem, "
                "kafka_partition, kafka_offset, recebido_em) "
                "VALUES (%s, %s, CAST(%s AS TIMESTAMP), %s, %s, %s, GETDATE())",
                silent,
            )
    with shop.warehouse.transaction() as transaction:
        in_stock, sold_out = demand(transaction, product, until=LOOKED_AT)
    plain = plain_demand_of(shop, product)
    assert {False: astuple(in_stock), True: astuple(sold_out)} == plain
    assert (plain[True][0] > 0) == (silent_units != 3)


def test_levels_before_the_first_known_one_count_nowhere(shop: Shop) -> None:
    shop.put_history(
        "p-young",
        levels=[("cd", 4, LOOKED_AT - timedelta(hours=1))],
        events=[("clique", LOOKED_AT - timedelta(hours=hours)) for hours in (0.5, 1, 2)],
    )
    with shop.warehouse.transaction() as transaction:
        in_stock, sold_out = demand(transaction, "p-young", until=LOOKED_AT)
        assert (in_stock, sold_out) == (Demand(3600, views=2), Demand())
        assert demand(transaction, "p'; --\\", until=LOOKED_AT) == (Demand(), Demand())


def test_sales_that_were_lost_without_stock_are_told(shop: Shop) -> None:
    now = datetime.now(UTC)

    def ago(*, hours: float) -> datetime:
        return now - timedelta(hours=hours)

    shop.commit_stock(("p-lost/1", "cd", 0))
    shop.put_history(
        "p-lost/1",
        levels=[("cd", 9, ago(hours=24)), ("cd", 0, ago(hours=2))],
        events=[("clique", ago(hours=h)) for h in (23, 22, 21, 20, 1.5, 1)],
        sales=[Sale("lost", "p-lost/1", 2, "30.00", ago(hours=20))],
    )
    wait_for(lambda: shop.get("/estoque/p-lost/1").status_code == 200, "the API knows the stock")

    def lost() -> dict[str, Any] | None:
        found: dict[str, Any] | None = shop.get("/estoque/p-lost/1").json()["vendas_perdidas"]
        return found

    wait_for(lambda: lost() is not None, "the estimate was read")
    found = lost()
    assert found is not None
    assert 7200 <= found["segundos_esgotado"] <= 7320
    assert (found["cliques"], found["carrinhos"]) == (2, 0)
    assert (found["unidades"], found["receita"]) == (1.0, "30.00")


def test_past_days_and_stock_are_read_again_though_what_followed_a_load_failed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = OLD + timedelta(days=90)
    source = SalesSource(shop.warehouse, timezone=SHOP_ZONE.key, most_cells=99, clock=lambda: now)
    columns = SalesColumns()
    shop.commit_stock(("p-filed", "loja", 4))
    yesterday = compared_days(now.astimezone(SHOP_ZONE).date())[0]
    assert yesterday not in source.read(columns).curves
    with shop.warehouse.transaction() as transaction:
        insert_from_file(transaction, [Sale("filed", "p-filed", 3, data=now - timedelta(days=1))])
        transaction.execute("UPDATE estoque SET nivel_estoque = 77 WHERE id_produto = 'p-filed'")
    shop.load()
    with monkeypatch.context() as patch:
        patch.setattr(StockSource, "read", raise_away)
        with pytest.raises(TransientError):
            source.read(columns)
    committed = source.read(columns)
    assert committed.curves[yesterday].sums[-1].unidades == 3
    assert {level.units for level in committed.stock.of("p-filed")} == {77}


def raise_away(*_: object, **__: object) -> None:
    raise TransientError("warehouse: away")


def test_a_pipeline_that_stands_still_says_so(shop: Shop) -> None:
    shop.produce(1)
    wait_for(
        lambda: shop.get("/vendas/resumo").json()["degradado"] == ["fluxo"],
        "nobody takes the record",
        seconds=STANDS_STILL_AFTER.seconds + 10,
    )
    shop.commit(Sale("on", "p-on"), on_kafka=False)
    wait_for(lambda: shop.get("/vendas/resumo").json()["degradado"] == [], "it goes on")


def test_the_stream_tells_the_whole_and_then_what_changed(shop: Shop) -> None:
    with httpx.stream("GET", f"{shop.url}/metricas/tempo_real/stream", timeout=10) as stream:
        events = read_events(stream)
        name, whole = next(events)
        assert (name, len(whole["vendas_por_minuto"])) == ("snapshot", 60)
        shop.commit(Sale("sse", "p-sse", 1, "1.00"))
        minute = minute_of(whole)
        for name, changed in events:
            assert name == "mudanca"
            if minute_of(changed) == minute:
                assert "vendas_por_minuto" not in changed
            minute = minute_of(changed)
            if "vendas_hoje" in changed:
                break
    assert changed["vendas_hoje"] == shop.get("/metricas/tempo_real").json()["vendas_hoje"]


def minute_of(figures: dict[str, Any]) -> str:
    """The minute at which figures were told, of which each new one moves the last hour."""
    return str(figures["agora"])[: len("2026-01-01T00:00")]


def read_events(stream: httpx.Response) -> Iterator[tuple[str, dict[str, Any]]]:
    name = ""
    for text in stream.iter_lines():
        if text.startswith("event: "):
            name = text.removeprefix("event: ")
        elif text.startswith("data: "):
            yield name, json.loads(text.removeprefix("data: "))


@pytest.mark.parametrize(
    ("part", "store", "route"),
    [
        ("redshift-local", "warehouse", "/vendas/resumo"),
        ("mongo", "mongodb", "/metricas/tempo_real"),
        ("kafka", "kafka", "/pipeline/conciliacao"),
    ],
)
def test_while_a_store_is_away_the_last_good_answer_stands(
    shop: Shop, part: str, store: str, route: str
) -> None:
    before = shop.get(route).json()
    shop.kill(part)
    wait_for(lambda: shop.get(route).json()["degradado"] == [store], f"{store} is missed")
    during = shop.get(route)
    assert during.status_code == 200
    assert_same_figures(before, during.json())
    if store != "kafka":
        wait_for(lambda: int(shop.get(route).headers["age"]) >= 2, "the answer grows old")
    shop.platform.start_part(part)
    wait_for(lambda: shop.get(route).json()["degradado"] == [], f"{store} is back", seconds=40)
    shop.commit(Sale("back", f"p-after-{store}"))
    wait_for(lambda: bool(shop.items(id_produto=f"p-after-{store}")), "new sales show")


def assert_same_figures(before: dict[str, object], after: dict[str, object]) -> None:
    for key in {"itens", "vendas_hoje", "exata"} & set(before):
        assert after[key] == before[key]


def test_a_paused_warehouse_delays_no_answer(shop: Shop) -> None:
    shop.platform.pause("redshift-local")
    try:
        answers = {shop.get("/vendas/resumo").status_code for _ in range(20)}
    finally:
        shop.platform.resume("redshift-local")
    assert answers == {200}


@pytest.mark.parametrize(
    ("part", "store", "route"),
    [
        ("redshift-local", "warehouse", "/vendas/resumo"),
        ("mongo", "mongodb", "/metricas/tempo_real"),
        ("kafka", "kafka", "/pipeline/conciliacao"),
    ],
)
def test_a_store_that_accepts_and_never_answers_is_named(
    shop: Shop, part: str, store: str, route: str
) -> None:
    before = shop.get(route).json()
    shop.platform.pause(part)
    try:
        wait_for(lambda: shop.get(route).json()["degradado"] == [store], store, seconds=10)
        assert_same_figures(before, shop.get(route).json())
    finally:
        shop.platform.resume(part)
    wait_for(lambda: shop.get(route).json()["degradado"] == [], f"{store} is back", seconds=40)


def test_a_peer_that_lets_connect_and_never_answers_is_named(shop: Shop) -> None:
    environment = shop.platform.environment(API)
    address = (environment["WAREHOUSE_HOST"], int(environment["WAREHOUSE_PORT"]))
    with hanging_peer(address) as peer, another_api(shop, WAREHOUSE_PORT=str(peer.port)) as api:
        url = f"{api.url}/vendas/resumo"
        wait_for(lambda: httpx.get(url).status_code == 200, "it is ready")
        before = httpx.get(url).json()
        peer.hang()
        wait_for(lambda: httpx.get(url).json()["degradado"] == ["warehouse"], "named", seconds=10)
        assert httpx.get(url).json() == before | {"degradado": ["warehouse"]}


def test_what_is_older_than_memory_is_asked_of_the_warehouse(shop: Shop) -> None:
    days = [OLD + timedelta(days=70 * n) for n in range(4)]
    for day in days:
        shop.commit(Sale("old", "p-old", 2, data=day), Sale("old", f"p-old-{day:%m}", data=day))
    shop.commit(Sale("returned", "p-old", -1, data=days[0]))
    with another_api(shop, SALES_CELLS_IN_MEMORY="1") as api:
        wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200, "it is ready")
        for first, last in combinations_with_replacement([OLD, *days, datetime.now(UTC)], 2):
            period = {"inicio": f"{first:%Y-%m-%d}", "fim": f"{last:%Y-%m-%d}"}
            where = f"WHERE {LOCAL_DAY} BETWEEN '{period['inicio']}' AND '{period['fim']}'"
            answer = httpx.get(f"{api.url}/vendas/resumo", params=period | {"limite": "1000"})
            assert answer.status_code == 200
            assert rows_of(answer) == plain(shop, where), period


def test_any_day_of_the_calendar_may_be_asked_of_the_warehouse(shop: Shop) -> None:
    ends = ["0001-01-01", "0001-01-02", "0001-01-04", "2025-03-09", "9998-12-31", "9999-12-31"]
    for n in range(2):
        shop.commit(Sale("ends", "p-ends", 3, data=OLD + timedelta(days=70 * n)))
    with another_api(shop, SALES_CELLS_IN_MEMORY="1") as api:
        wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200, "it is ready")
        paths = ("/vendas/resumo", "/produtos/mais_vendidos")
        for path, (first, last) in product(paths, combinations_with_replacement(ends, 2)):
            period = {"inicio": first, "fim": last, "id_produto": "p-ends"}
            answer = httpx.get(api.url + path, params=period)
            expected = 3 * sum(first <= day <= last for day in ("2025-03-09", "2025-05-18"))
            assert answer.json()["total"]["total_vendido"] == expected, (period, answer.text)


def test_it_waits_for_stores_that_come_later(shop: Shop) -> None:
    shop.kill("redshift-local")
    with another_api(shop) as api:
        url = api.url
        wait_for(lambda: httpx.get(f"{url}/healthz").status_code == 200, "it lives")
        assert httpx.get(f"{url}/readyz").status_code == 503
        assert httpx.get(f"{url}/vendas/resumo").status_code == 503
        shop.platform.start_part("redshift-local")
        wait_for(lambda: httpx.get(f"{url}/readyz").status_code == 200, "it is ready")


@dataclass(frozen=True)
class AnotherApi:
    url: str
    child: "subprocess.Popen[bytes]"


@contextmanager
def another_api(shop: Shop, **settings: str) -> Iterator[AnotherApi]:
    port = str(free_ports(1)[0])
    own = {**shop.platform.environment(API), **settings, "LISTEN_PORT": port}
    environment = {**os.environ, **own}
    command = [sys.executable, "-m", "analytics_api.main"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield AnotherApi(f"http://127.0.0.1:{port}", child)
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(10)


def test_prometheus_is_told_how_requests_were_answered(shop: Shop) -> None:
    port = str(free_ports(1)[0])
    asked = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": port}
    with another_api(shop, **asked) as api:
        wait_for(lambda: httpx.get(f"{api.url}/readyz").status_code == 200, "it is ready")
        for period in ("2025-05-14", "2025-05-14", "x"):
            httpx.get(f"{api.url}/vendas/resumo", params={"inicio": period})
        told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    counts = [
        line
        for line in told.splitlines()
        if line.startswith("http_server_request_duration_seconds_count") and "resumo" in line
    ]
    assert sorted(line.rpartition(" ")[2] for line in counts) == ["1.0", "2.0"]
    assert 'http_response_status_code="422"' in "".join(counts)


def test_it_stops_at_once_though_a_stream_is_open(shop: Shop) -> None:
    with ExitStack() as stack:
        api = stack.enter_context(another_api(shop))
        url = api.url
        wait_for(lambda: httpx.get(f"{url}/readyz").status_code == 200, "it is ready")
        stream = stack.enter_context(
            httpx.stream("GET", f"{url}/metricas/tempo_real/stream", timeout=10)
        )
        events = read_events(stream)
        assert next(events)[0] == "snapshot"
        api.child.send_signal(signal.SIGTERM)
        wait_for(lambda: api.child.poll() is not None, "it ends", seconds=5)
        assert {name for name, _ in events} <= {"mudanca"}


def test_an_emptied_warehouse_is_told_anew(shop: Shop) -> None:
    """The API is not told. Kafka's records then lie beyond the ledger, until all begins anew."""
    with shop.warehouse.transaction() as transaction:
        transaction.execute("DELETE FROM vendas")
        transaction.execute("DELETE FROM ingestao")
    wait_for(lambda: shop.items() == [], "nothing is left")
    shop.commit(Sale("new", "p-new", 2, "5.00"), on_kafka=False)
    wait_for(lambda: told(shop) == [("p-new", 2, Decimal(10), 1)], "the new sale shows")
    shop.empty()
