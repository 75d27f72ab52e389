"""Asks analytics-api for the products that are sold out soon."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import urllib3

from service_runtime.errors import TransientError
from stock_alerts.alerts import ProductStock

_TIMEOUT: Final = urllib3.Timeout(connect=2.0, read=10.0)
_PAGE: Final = 1000
_MOST_BYTES: Final = 16 * 1024 * 1024
_NEEDED: Final = frozenset({"warehouse", "fluxo", "kafka"})
"""While one of these is degraded, levels are old and nothing is to be decided."""


class _Item(msgspec.Struct):
    id_produto: str
    nivel_estoque: int
    ritmo_por_hora: float
    dias_cobertura: float | None
    esgota_em: datetime | None


class _Page(msgspec.Struct):
    itens: list[_Item]
    proximo_cursor: str | None
    degradado: list[str]


class StockClient:
    """Reads `GET /estoque` page by page."""

    def __init__(self, url: str) -> None:
        self._url = f"{url.rstrip('/')}/estoque"
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def sold_out_within(self, days: float) -> list[ProductStock]:
        """Every product whose stock lasts no longer. Raises TransientError where the API has no
        such answer, or none that is fresh."""
        found: list[ProductStock] = []
        cursor: str | None = None
        while True:
            page = self._page({"dias_ate": days, "limite": _PAGE} | _given(cursor))
            if degraded := _NEEDED.intersection(page.degradado):
                raise TransientError(f"analytics-api: degraded: {', '.join(sorted(degraded))}")
            found += [_product(item) for item in page.itens]
            if page.proximo_cursor is None:
                return found
            cursor = page.proximo_cursor

    def _page(self, query: dict[str, Any]) -> _Page:
        try:
            answer = self._pool.request(
                "GET", f"{self._url}?{urlencode(query)}", preload_content=False, redirect=False
            )
            with answer:
                body = answer.read(_MOST_BYTES)
        except urllib3.exceptions.HTTPError as error:
            raise TransientError(f"analytics-api: {type(error).__name__}") from error
        if answer.status != 200:
            raise TransientError(f"analytics-api: answered {answer.status}")
        try:
            return msgspec.json.decode(body, type=_Page)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise TransientError("analytics-api: not an answer of /estoque") from error


def _given(cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {"cursor": cursor}


def _product(item: _Item) -> ProductStock:
    return ProductStock(
        id_produto=item.id_produto,
        units=item.nivel_estoque,
        per_hour=item.ritmo_por_hora,
        days=item.dias_cobertura,
        sold_out_at=item.esgota_em,
    )
