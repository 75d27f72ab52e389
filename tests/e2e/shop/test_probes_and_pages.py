"""The chart's own probe, and what is bought on the shop's page."""

import os
import re
import subprocess
import sys
from collections import Counter

import httpx
from playwright.sync_api import expect
from tests.support.browser import chromium
from tests.support.open_shop import SIMULATOR, documents_of, total_of
from tests.support.platform import REPOSITORY
from tests.support.stream import Stream, event
from tests.support.waiting import wait_until


def test_the_charts_own_probe_comes_out_and_sells_nothing(shop: Stream) -> None:
    url_of = shop.platform.settings.url_of
    urls = {"EVENT_PRODUCER_URL": url_of("event-producer"), "API_URL": url_of("analytics-api")}
    live = f"{url_of('analytics-api')}/metricas/tempo_real"
    sold = "SELECT COUNT(*), SUM(quantidade * preco) FROM vendas"
    before = shop.rows(sold), httpx.get(live).json()["vendas_hoje"]
    sales, views = documents_of(shop)
    done = subprocess.run(
        [sys.executable, "-c", (REPOSITORY / "charts/vitrine/files/probe.py").read_text()],
        env=os.environ | urls,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert (done.returncode, done.stderr) == (0, "")
    print(done.stdout)
    assert len(re.findall(r"in the warehouse [0-9.]+ s after it was sent", done.stdout)) == 2
    assert shop.drain().exact
    assert (shop.rows(sold), httpx.get(live).json()["vendas_hoje"]) == before
    own = "FROM eventos_clientes WHERE id_usuario = %s"
    events = shop.rows(f"SELECT tipo_evento, COUNT(*) {own} GROUP BY 1", ("helm-test",))
    assert [list(row) for row in events] == [["sonda", 2]]
    marker = event(id_usuario="helm-test", id_produto="after-the-probes")
    httpx.post(f"{url_of('event-producer')}/eventos", json=marker).raise_for_status()
    expected_views = views + Counter({"after-the-probes": 1})
    wait_until(lambda: documents_of(shop)[1] == expected_views, "the click alone is counted")
    after, _ = documents_of(shop)
    assert total_of(after) == total_of(sales)


def test_what_is_bought_on_the_shops_page_shows_on_the_live_page(shop: Stream) -> None:
    shop.platform.stop(SIMULATOR)
    shop.platform.start_part(SIMULATOR, {"EVENTS_PER_SECOND": "0.000001", "TIME_COMPRESSION": "0"})
    with chromium() as browser:
        live, store = browser.new_page(), browser.new_page()
        live.goto(f"{shop.platform.settings.url_of('analytics-api')}")
        store.goto(f"{shop.platform.settings.url_of('shop-simulator')}")
        orders = live.locator("#pedidos-hoje")
        expect(orders).to_have_attribute("data-valor", re.compile("[1-9]"), timeout=30_000)
        before = int(orders.get_attribute("data-valor") or "")
        store.locator(".adicionar").first.click()
        store.get_by_role("button", name="Comprar").click()
        expect(orders).to_have_attribute("data-valor", str(before + 1), timeout=60_000)
    assert shop.drain().exact
