"""A poll of a source whose answers, clock and Kafka a test decides: of Vitrine's own API, or of a
WooCommerce shop."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from tests.support.adapter_round import json_response

from inventory_poller.adapters.contract import Credentials, Request, Response, Source
from inventory_poller.adapters.vitrine import VitrineCredentials, VitrineSource
from inventory_poller.adapters.woocommerce import WooCommerceCredentials, WooCommerceSource
from inventory_poller.heartbeat import Heartbeat
from inventory_poller.metrics import Metrics
from inventory_poller.poll import Poll, Sender
from inventory_poller.state import StateFile
from inventory_poller.stores import Stores
from service_runtime.producer import Message

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


def answer(
    *entries: tuple[str, int],
    proximo: str = "r-1",
    mais: bool = False,
    moment: str = "2026-03-02T11:00:00+00:00",
) -> Response:
    """Levels by product, all of one moment."""
    levels = [
        {
            "id_produto": product,
            "nivel_estoque": level,
            "ultima_atualizacao": moment,
            "id_armazem": "cd",
        }
        for product, level in entries
    ]
    return json_response({"estoque": levels, "proximo": proximo, "mais": mais})


def shop_answer(*entries: tuple[int, int | None]) -> Response:
    """Levels by the id of a product, as a shop's only page; None is not tracked."""
    products = [
        {"id": number, "type": "simple", "manage_stock": level is not None, "stock_quantity": level}
        for number, level in entries
    ]
    return json_response(products, x_wp_totalpages="1")


class ScriptedKafka:
    """Keeps what it takes; `refuse` picks the messages that it does not."""

    def __init__(self) -> None:
        self.refuse: Callable[[Message], bool] = lambda _message: False
        self.taken: list[Message] = []

    def send(self, messages: Sequence[Message]) -> set[bytes]:
        self.taken += [message for message in messages if not self.refuse(message)]
        return {message[1] for message in messages if self.refuse(message)}


class ScriptedApi:
    """Gives its answers one after the other, and then says that there is nothing new."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        found = self.answers.pop(0) if self.answers else answer()
        if isinstance(found, Exception):
            raise found
        return found


class ScriptedPoll:
    """A poll of the source `cd`; `kafka` keeps what it takes, `slept` the waits within a round."""

    def __init__(self, folder: Path, api: Sender, /, **settings: Any) -> None:
        self.source, credentials = _source(
            {"id": "cd", "api": "vitrine", "url": "https://cd.example", **settings}
        )
        self.kafka = ScriptedKafka()
        self.state = StateFile(folder / "state")
        self.now = START
        self.slept: list[float] = []
        self.advances = timedelta()
        """How far each wait puts the clock forward."""
        self.stores = Stores(self.kafka, self.state)  # type: ignore[arg-type]
        self.poll = Poll(
            self.source,
            self.source.adapter(credentials),
            api,
            stores=self.stores,
            metrics=Metrics(),
            heartbeat=Heartbeat(timedelta(seconds=60)),
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += self.advances

    @property
    def emitted(self) -> list[str]:
        """The products of all records, in order."""
        return [message[0] for message in self.kafka.taken]

    @property
    def writes(self) -> int:
        """Rows that were written to the state."""
        return self.state._connection.total_changes


def _source(given: dict[str, Any]) -> tuple[Source, Credentials]:
    if given["api"] == "vitrine":
        return VitrineSource.model_validate(given), VitrineCredentials()
    key = WooCommerceCredentials(consumer_key=SecretStr("k"), consumer_secret=SecretStr("s"))
    return WooCommerceSource.model_validate(given), key
