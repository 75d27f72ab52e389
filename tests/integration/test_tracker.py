"""vitrine.js in a page of another origin, event-producer and Kafka: each event arrives once."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request
from tests.support.browser import chromium
from tests.support.kafka import TopicReader
from tests.support.pages import FailingProxy, pages
from tests.support.platform import REPOSITORY, kafka_servers, platform_of
from tests.support.waiting import wait_until

from event_contracts.names import TOPIC_EVENTOS
from vitrine_local.platform import LocalPlatform

PRODUCER = "event-producer"
PARTITIONS = 2
SNIPPET = (
    "window.vitrine=window.vitrine||function(){(vitrine.q=vitrine.q||[]).push(arguments)};"
    "window.failures=[];onerror=onunhandledrejection=(e)=>{failures.push(String(e.reason||e))};"
)
NEVER = 600_000
"""Milliseconds: what is sent before is not sent by the clock."""
Record = dict[str, Any]

platform = platform_of(PRODUCER)


@pytest.fixture(scope="module")
def producer(platform: LocalPlatform) -> str:
    return f"http://127.0.0.1:{platform.environment(PRODUCER)['LISTEN_PORT']}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A profile of its own, in which nothing may be thrown into the page."""
    opened = browser.new_context()
    yield opened
    for page in opened.pages:
        if page.url.startswith("http"):
            assert page.evaluate("window.failures || []") == []
    opened.close()


class Topic:
    def __init__(self, servers: str) -> None:
        self._reader = TopicReader(servers, TOPIC_EVENTOS, PARTITIONS)
        self._reader.mark()

    def events(self) -> list[Record]:
        return [json.loads(message.value() or b"") for message in self._reader.read()]

    def products(self) -> Counter[str]:
        """How often each is on Kafka."""
        return Counter(event["id_produto"] for event in self.events())

    def wait_for(self, *products: str) -> None:
        """Returns when each has arrived."""
        wait_until(lambda: set(products) <= self.products().keys(), "the products are sold")


@pytest.fixture
def topic(platform: LocalPlatform) -> Topic:
    return Topic(kafka_servers(platform))


def html(producer: str, *, calls: str = "", **attributes: str | int) -> str:
    data = "".join(f' data-{name}="{value}"' for name, value in attributes.items())
    return (
        f"<!doctype html><title>loja</title><script>{SNIPPET}{calls}</script>"
        f'<script async src="{producer}/vitrine.js"{data}></script>'
    )


@contextmanager
def shop(producer: str, *, calls: str = "", **attributes: str | int) -> Iterator[str]:
    """The address of a page with the tracker."""
    with pages({"/": html(producer, calls=calls, **{"espera": 50, **attributes})}) as url:
        yield url


def visit(context: BrowserContext, url: str) -> Page:
    """The page once the tracker is there."""
    page = context.new_page()
    page.goto(url)
    wait_for_tracker(page)
    return page


def wait_for_tracker(page: Page) -> None:
    page.wait_for_function("window.vitrine && vitrine.loaded")


def click(page: Page, *products: str) -> None:
    script = "(all) => all.forEach((id_produto) => vitrine('clique', { id_produto }))"
    page.evaluate(script, list(products))


def stored(page: Page) -> list[str]:
    keys: list[str] = page.evaluate("Object.keys(localStorage).sort()")
    return keys


def wait_for_no_pending(page: Page) -> None:
    """Nothing is left that could be sent."""
    page.wait_for_function("!Object.keys(localStorage).some((k) => k.startsWith('vitrine:'))")


def test_the_page_of_the_documentation(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    text = (REPOSITORY / "docs" / "tracker.md").read_text("utf-8")
    page_of_ten_lines = text.split("```html\n")[1].split("```")[0]
    assert len(page_of_ten_lines.splitlines()) == 10
    local = page_of_ten_lines.replace("https://eventos.loja.example", producer)
    with pages({"/": local}) as url:
        page = visit(context, url)
        page.get_by_role("button").click()
        topic.wait_for("p456")
        wait_for_no_pending(page)
    (event,) = topic.events()
    assert (event["tipo_evento"], event["id_produto"]) == ("clique", "p456")


def once(*products: str) -> Counter[str]:
    return Counter(dict.fromkeys(products, 1))


def test_calls_before_and_after_loading_arrive_once(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    calls = "vitrine('cliente','u7');vitrine('clique',{id_produto:'p-early',versao:2});"
    with shop(producer, calls=calls) as url:
        page = visit(context, url)
        page.evaluate(
            """() => {
                vitrine('cliente', null);
                vitrine('adicao_carrinho', { id_produto: 'p-cart', other: 'x' });
                const line = { id_pedido: 'A1', id_produto: 'p-one', quantidade: 2, preco: 19.9 };
                const other = { ...line, id_produto: 'p-two', preco: '5.00', id_evento: 'A1/2' };
                vitrine('compra', [line, other]);
            }"""
        )
        topic.wait_for("p-early", "p-cart", "p-one", "p-two")
        wait_for_no_pending(page)
        assert context.cookies() == []
        assert stored(page) == ["vitrine-sessao", "vitrine-visitante"]
        visitor = page.evaluate("localStorage['vitrine-visitante']")
    by_product = {event["id_produto"]: event for event in topic.events()}
    assert topic.products() == once("p-early", "p-cart", "p-one", "p-two")
    assert len({event["id_sessao"] for event in by_product.values()}) == 1
    early, cart, one, two = (by_product[p] for p in ("p-early", "p-cart", "p-one", "p-two"))
    assert (early["id_usuario"], early["tipo_evento"], early["versao"]) == ("u7", "clique", 2)
    assert cart["id_usuario"] == visitor
    assert visitor.startswith("anonimo-")
    assert "other" not in cart
    sale = ("id_pedido", "quantidade", "preco")
    assert [one[name] for name in sale] == ["A1", 2, "19.90"]
    assert [two[name] for name in sale] == ["A1", 2, "5.00"]
    assert two["id_evento"] == "A1/2"


def test_fetch_beacon_and_tracker_side_by_side(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer) as url:
        page = visit(context, url)
        page.evaluate(
            """async (url) => {
                const event = { id_usuario: 'u1', tipo_evento: 'clique', timestamp: new Date() };
                const body = (id_produto) => JSON.stringify({ ...event, id_produto });
                await fetch(url, {
                    method: 'POST',
                    headers: { 'Content-Type': 'application/json' },
                    body: body('p-fetch'),
                });
                navigator.sendBeacon(url, body('p-beacon'));
                vitrine('clique', { id_produto: 'p-tracker' });
            }""",
            f"{producer}/eventos",
        )
        topic.wait_for("p-fetch", "p-beacon", "p-tracker")
        wait_for_no_pending(page)
    assert topic.products() == once("p-fetch", "p-beacon", "p-tracker")


def test_what_happens_offline_arrives_once_online(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer) as url:
        page = visit(context, url)
        context.set_offline(True)
        with page.expect_event("requestfailed"):
            click(page, "p-offline")
        click(page, "p-offline-too")
        context.set_offline(False)
        topic.wait_for("p-offline", "p-offline-too")
        wait_for_no_pending(page)
    assert topic.products() == once("p-offline", "p-offline-too")


def test_a_page_loaded_anew_sends_what_pends(
    platform: LocalPlatform, context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer) as url:
        page = visit(context, url)
        platform.stop(PRODUCER)
        with page.expect_event("requestfailed"):
            click(page, "p-down")
        page.goto(f"{url}/vazia")
        assert len([key for key in stored(page) if key.startswith("vitrine:")]) == 1
        platform.start_part(PRODUCER)
        page.goto(url)
        wait_for_no_pending(page)
    assert topic.products() == once("p-down")


def test_a_failed_request_is_repeated_with_the_same_ids(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with (
        FailingProxy(producer).running() as proxy,
        shop(producer, endereco=f"{proxy.url}/eventos?parcial=true") as url,
    ):
        proxy.statuses = [503, 429, 408]
        page = visit(context, url)
        click(page, "p-retried", "p-retried-too")
        topic.wait_for("p-retried", "p-retried-too")
        wait_for_no_pending(page)
        ids = [[event["id_evento"] for event in events] for events in proxy.requests]
        assert len(ids) == 4
        assert ids == [ids[0]] * 4
        assert len({events[0]["enviado_em"] for events in proxy.requests}) == 4
        proxy.statuses = [422]
        click(page, "p-refused")
        wait_until(lambda: len(proxy.requests) == 5, "five requests come")
        wait_for_no_pending(page)
    assert topic.products() == once("p-retried", "p-retried-too")


def test_a_request_is_repeated_no_sooner_than_the_answer_asks(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with (
        FailingProxy(producer).running() as proxy,
        shop(producer, endereco=f"{proxy.url}/eventos?parcial=true") as url,
    ):
        proxy.statuses, proxy.headers = [503], {"Retry-After": "2"}
        click(visit(context, url), "p-asked")
        topic.wait_for("p-asked")
        first, second = proxy.moments
        assert second - first > 2


def test_an_event_that_is_larger_than_a_request_keeps_no_other_back(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer) as url:
        page = visit(context, url)
        page.evaluate(
            """() => localStorage['vitrine:large'] = JSON.stringify({
                id_evento: 'large', id_usuario: 'x'.repeat(30000), id_produto: 'p-large',
                tipo_evento: 'clique', timestamp: '2020-01-01T00:00:00Z',
            })"""
        )
        page.reload()
        wait_for_tracker(page)
        click(page, "p-small")
        topic.wait_for("p-small")
        wait_for_no_pending(page)
    assert topic.products() == once("p-small")


def test_a_storage_that_fails_later_costs_no_event(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, espera=NEVER) as url:
        page = visit(context, url)
        click(page, "p-kept")
        page.evaluate(
            """() => {
                Storage.prototype.getItem = () => { throw new DOMException('denied'); };
                dispatchEvent(new Event('online'));
            }"""
        )
        topic.wait_for("p-kept")
    assert topic.products() == once("p-kept")


def test_without_an_address_events_wait_for_one(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    """A module does not know where it was loaded from."""
    module = (
        f'<script>{SNIPPET}</script><script type="module" src="{producer}/vitrine.js"></script>'
    )
    with pages({"/": module}) as url:
        page = context.new_page()
        sent: list[str] = []
        page.on("request", lambda r: sent.append(r.url) if r.method == "POST" else None)
        page.goto(url)
        wait_for_tracker(page)
        with page.expect_console_message(lambda message: "endereco" in message.text):
            page.evaluate("vitrine('configurar', { espera: 0 })")
            click(page, "p-early")
        assert sent == []
        endereco = f"{producer}/eventos?parcial=true"
        page.evaluate("(endereco) => vitrine('configurar', { endereco })", endereco)
        click(page, "p-late")
        topic.wait_for("p-early", "p-late")
        wait_for_no_pending(page)
        assert set(sent) == {endereco}
    assert topic.products() == once("p-early", "p-late")


@pytest.mark.parametrize("leave", ["navigate", "close"])
def test_what_a_page_knows_is_sent_on_leaving(
    context: BrowserContext, producer: str, topic: Topic, leave: str
) -> None:
    with shop(producer, espera=NEVER) as url:
        page, product = visit(context, url), f"p-{leave}"
        click(page, product, f"{product}-too")
        if leave == "close":
            page.close()
        else:
            page.goto(f"{url}/vazia")
        topic.wait_for(product, f"{product}-too")
        assert topic.products() == once(product, f"{product}-too")
        ids = {event["id_evento"] for event in topic.events()}

        following = visit(context, url)  # cannot know that they were taken: the same ids again
        following.evaluate("dispatchEvent(new Event('online'))")
        wait_for_no_pending(following)
        assert {event["id_evento"] for event in topic.events()} == ids


def test_a_page_that_is_left_sends_a_beacon_and_keeps_what_it_held(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, espera=NEVER) as url:
        page = visit(context, url)
        requests = posts(page, producer)
        click(page, "p-beacon")
        page.evaluate("dispatchEvent(new Event('pagehide'))")
        page.evaluate("dispatchEvent(new Event('online'))")  # it is under way already
        topic.wait_for("p-beacon")
        assert [request.resource_type for request in requests] == ["ping"]
        assert len([key for key in stored(page) if key.startswith("vitrine:")]) == 1
    assert topic.products() == once("p-beacon")


def test_a_hidden_page_sends_at_once_and_reads_the_answer(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, espera=NEVER) as url:
        page = visit(context, url)
        click(page, "p-hidden")
        page.evaluate(
            """() => {
                Object.defineProperty(document, 'hidden', { value: true });
                document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
            }"""
        )
        wait_for_no_pending(page)
        page.goto(f"{url}/vazia")
        assert topic.products() == once("p-hidden")


@pytest.mark.parametrize(
    "wish", ["doNotTrack: { value: '1' }", "globalPrivacyControl: { value: true }"]
)
def test_who_wishes_not_to_be_tracked_is_not(
    context: BrowserContext, producer: str, topic: Topic, wish: str
) -> None:
    with shop(producer, espera=0, calls="vitrine('clique',{id_produto:'p-early'});") as url:
        visit(context, url).close()  # was here before
        topic.wait_for("p-early")
        context.add_init_script(f"Object.defineProperties(Navigator.prototype, {{{wish}}})")
        page = context.new_page()
        requests = posts(page, producer)
        page.goto(url)
        wait_for_tracker(page)
        page.evaluate("vitrine('consentimento', true)")
        click(page, "p-untracked")
        assert stored(page) == []
        page.goto(f"{url}/vazia")
        assert (stored(page), context.cookies(), requests) == ([], [], [])
    assert topic.products().keys() == {"p-early"}


def posts(page: Page, producer: str) -> list[Request]:
    """Requests to event-producer but for the script; grows while the page lives."""
    found: list[Request] = []
    page.on("request", lambda r: found.append(r) if r.url.startswith(f"{producer}/ev") else None)
    return found


def test_nothing_is_stored_or_sent_before_consent(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, consentimento="pedir", espera=0) as url:
        page = visit(context, url)
        requests = posts(page, producer)
        click(page, "p-left")
        page.reload()  # would send what it may
        wait_for_tracker(page)
        click(page, "p-before")
        assert (stored(page), context.cookies(), requests) == ([], [], [])
        page.evaluate("vitrine('consentimento', true)")
        topic.wait_for("p-before")
        page.reload()
        wait_for_tracker(page)
        click(page, "p-after")
        topic.wait_for("p-after")
        wait_for_no_pending(page)
    assert topic.products() == once("p-before", "p-after")


@pytest.mark.parametrize(
    ("mode", "left"), [("pedir", []), ("presumido", ["vitrine-consentimento"])]
)
def test_a_refusal_drops_what_waits_and_deletes_what_is_stored(
    context: BrowserContext, producer: str, topic: Topic, mode: str, left: list[str]
) -> None:
    with shop(producer, consentimento=mode, espera=NEVER) as url:
        page, other = visit(context, url), visit(context, url)
        page.evaluate("vitrine('consentimento', true)")
        for each in (page, other):
            click(each, "p-dropped")
        wait_until(
            lambda: sum(key.startswith("vitrine:") for key in stored(page)) == 2,
            "two keys are stored",
        )
        page.evaluate("vitrine('consentimento', false)")
        other.wait_for_function("!localStorage['vitrine-visitante']")
        for each in (page, other):
            click(each, "p-refused")
            each.reload()
            wait_for_tracker(each)
            click(each, "p-refused")
            assert stored(each) == left
        page.evaluate("vitrine('consentimento', true)")
        click(page, "p-granted")
        page.goto(f"{url}/vazia")
        topic.wait_for("p-granted")
    expected = once("p-granted") + (Counter(["p-refused"]) if mode == "pedir" else Counter())
    assert topic.products() == expected


def test_where_consent_is_presumed_a_decision_that_is_gone_is_no_refusal(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, espera=NEVER) as url:
        page, other = visit(context, url), visit(context, url)
        click(other, "p-held")
        other.evaluate(
            "addEventListener('storage', ({ key }) => { if (key === 'mark') window.marked = 1; })"
        )
        page.evaluate(
            """() => {
                vitrine('consentimento', true);
                localStorage.removeItem('vitrine-consentimento');
                localStorage['mark'] = 1;
            }"""
        )
        other.wait_for_function("window.marked")
        click(other, "p-after")
        other.evaluate("dispatchEvent(new Event('online'))")
        topic.wait_for("p-held", "p-after")
        wait_for_no_pending(other)


def test_without_storage_and_without_a_secure_context(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    context.add_init_script(
        """Object.defineProperty(window, 'localStorage', {
            get() { throw new DOMException('denied', 'SecurityError'); },
        });
        delete Crypto.prototype.randomUUID;"""
    )
    with shop(producer) as url:
        page = visit(context, url)
        context.set_offline(True)
        with page.expect_event("requestfailed"):
            click(page, "p-memory")
        click(page, "p-memory-too")
        context.set_offline(False)
        topic.wait_for("p-memory", "p-memory-too")
        click(page, "p-later")
        topic.wait_for("p-later")
    assert topic.products() == once("p-memory", "p-memory-too", "p-later")
    assert len({event["id_usuario"] for event in topic.events()}) == 1


def test_the_newest_500_are_kept_and_sent_in_parts(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with (
        FailingProxy(producer).running() as proxy,
        shop(producer, endereco=f"{proxy.url}/eventos?parcial=true", espera=NEVER) as url,
    ):
        page = visit(context, url)
        names = [f"{'ç' * 50}{n}" for n in range(600)]
        click(page, *names)
        assert len(stored(page)) == 502
        page.goto(f"{url}/vazia")
        wait_until(lambda: len(proxy.requests) > 0, "a request comes")
        page.goto(url)
        wait_for_tracker(page)
        page.evaluate("dispatchEvent(new Event('online'))")
        wait_for_no_pending(page)
        assert max(proxy.sizes) < 65_536
        assert len(proxy.sizes) > 2
    assert topic.products().keys() == set(names[100:])


def test_wrong_calls_are_warned_of_and_throw_nothing(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer) as url:
        page = visit(context, url)
        warnings: list[str] = []
        page.on("console", lambda message: warnings.append(message.text))
        page.evaluate(
            """() => {
                vitrine('visita', { id_produto: 'p1' });
                vitrine('clique');
                vitrine('clique', {});
                vitrine('clique', { id_produto: { an: 'object' } });
                vitrine('clique', { id_produto: 'x'.repeat(129) });
                vitrine('clique', { id_produto: 'p-nameless', id_evento: '' });
                vitrine('cliente', 'u'.repeat(129));
                vitrine('compra', { id_pedido: 'A1', id_produto: 'p-unpriced', quantidade: 1 });
                vitrine('constructor', {});
                const line = { id_pedido: 'A1', quantidade: 1 };
                vitrine('compra', { ...line, id_produto: 'p-wrong', preco: 1.005 });
                vitrine('compra', { ...line, id_produto: 'p-right', preco: '1.00' });
            }"""
        )
        topic.wait_for("p-right")
        wait_for_no_pending(page)
        wait_until(lambda: len(warnings) == 10, "ten warnings")
        assert all(text.startswith("vitrine:") for text in warnings)
    [event] = topic.events()
    assert event["id_produto"] == "p-right"
    assert event["id_usuario"].startswith("anonimo-")


def test_a_cookie_that_was_asked_for_makes_hosts_share_the_visitor(
    context: BrowserContext, producer: str, topic: Topic
) -> None:
    with shop(producer, cookie="127.0.0.1") as one, shop(producer, cookie="127.0.0.1") as other:
        for number, url in enumerate((one, other)):
            page = visit(context, url)
            click(page, f"p-cookie-{number}")
            topic.wait_for(f"p-cookie-{number}")
        (cookie,) = context.cookies()
        assert {event["id_usuario"] for event in topic.events()} == {cookie["value"]}
        assert (cookie["name"], cookie["sameSite"]) == ("vitrine-visitante", "Lax")
        page.evaluate("vitrine('consentimento', false)")
        assert context.cookies() == []


def test_two_tabs_lose_nothing(context: BrowserContext, producer: str, topic: Topic) -> None:
    """Each is a process of its own, and knows a little later what the other has stored."""
    with shop(producer) as url:
        one, other = visit(context, url), visit(context, url)
        context.set_offline(True)
        click(one, "p-one")
        other.wait_for_function("localStorage['vitrine-sessao']")
        click(other, "p-other")
        context.set_offline(False)
        topic.wait_for("p-one", "p-other")
        for page in (one, other):
            wait_for_no_pending(page)
        assert len({event["id_evento"] for event in topic.events()}) == 2
        assert len({event["id_sessao"] for event in topic.events()}) == 1
