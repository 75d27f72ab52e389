"""Stock is what the shop's own locations say, after every fault of their API."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

import httpx
from tests.support.open_shop import SIMULATOR, pages, start_poller
from tests.support.stream import Stream
from tests.support.waiting import wait_until

from shop_simulator.stock import LOCATIONS
from shop_simulator.stock_faults import Falha


def test_stock_is_what_the_shops_own_locations_say(shop: Stream) -> None:
    """After a new start of the shop, which fills its shelves, and while customers buy from them.
    Each location's API has had every fault by then."""
    shop.platform.stop(SIMULATOR)
    shop.platform.start_part(SIMULATOR, {"EVENTS_PER_SECOND": "40", "TIME_COMPRESSION": "0"})
    url = shop.platform.settings.url_of(SIMULATOR)
    assert set(_FAULTS_IN_TURN) == set(Falha)
    for fault in _FAULTS_IN_TURN:
        for name in LOCATIONS:
            httpx.post(f"{url}/armazens/{name}/falhas", json={"tipo": fault}).raise_for_status()
    start_poller(shop.platform, poll_seconds=1, timeout_seconds=2)
    wait_until(lambda: not any(map(partial(_faults_left, url), LOCATIONS)), "all faults were met")
    first, seen = _shop_levels(shop), dict[tuple[str, str, datetime], float]()

    def is_the_shops() -> bool:
        """As far as the shop's level is older than the way to the API takes."""
        own, told, now = _shop_levels(shop), _told_levels(shop), datetime.now(UTC)
        for place, (_, moment) in told.items():
            seen.setdefault((*place, moment), (now - moment).total_seconds())
        settled = {place: of for place, of in own.items() if now - of[1] > _SETTLED}
        bought = [place for place in settled if own[place] != first[place]]
        return (
            len(bought) >= 3
            and own.keys() == told.keys()
            and settled.items() <= told.items()
            and settled.items() <= _kept_levels(shop).items()
        )

    wait_until(is_the_shops, "the API tells the shop's levels", seconds=180, every=0.5)
    assert _kept_levels(shop).keys() == first.keys()
    begun = max(moment for _, moment in first.values())
    after = [age for (*_, moment), age in seen.items() if moment > begun]
    print(
        f"{len(after)} changes, shown {min(after):.1f} to {max(after):.1f} s after they were made"
    )
    shop.platform.stop(SIMULATOR)
    assert shop.drain().exact


_FAULTS_IN_TURN: Final = (
    *(Falha.LENTA, Falha.ERRO, Falha.LIMITE, Falha.HTML, Falha.MENTIRA),
    *(Falha.TRUNCADA, Falha.REPETIDA, Falha.FORA),
)
"""A lie is no failure: in their middle it keeps the circuit breaker closed."""


def _faults_left(url: str, location: str) -> int:
    left: int = httpx.get(f"{url}/armazens/{location}/falhas").json()["respostas"]
    return left


_SETTLED: Final = timedelta(seconds=10)
Levels = dict[tuple[str, str], tuple[int, datetime]]


def _shop_levels(shop: Stream) -> Levels:
    """Level and moment by location and product, as the shop itself has them."""
    url = shop.platform.settings.url_of(SIMULATOR)
    levels: Levels = {}
    for name in LOCATIONS:
        answer = httpx.get(f"{url}/armazens/{name}/estoque").raise_for_status().json()
        assert not answer["mais"]
        levels |= {(name, level["id_produto"]): _level(level) for level in answer["estoque"]}
    return levels


def _told_levels(shop: Stream) -> Levels:
    return {
        (level["id_armazem"], product["id_produto"]): _level(level)
        for product in pages(shop, "/estoque")
        for level in product["armazens"]
    }


def _kept_levels(shop: Stream) -> Levels:
    """In the warehouse."""
    rows = shop.rows(
        "SELECT id_armazem, id_produto, nivel_estoque, ultima_atualizacao FROM estoque"
    )
    return {
        (location, product): (units, _to_millisecond(moment.replace(tzinfo=UTC)))
        for location, product, units, moment in rows
    }


def _level(level: Mapping[str, Any]) -> tuple[int, datetime]:
    moment = datetime.fromisoformat(level["ultima_atualizacao"])
    return level["nivel_estoque"], _to_millisecond(moment)


def _to_millisecond(moment: datetime) -> datetime:
    """As the API tells moments."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
