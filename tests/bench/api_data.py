"""The figures over which the API is measured: a memory without stores, and the same lines in a
table."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
from tests.support.analytics import nobody, nothing_lost

from analytics_api.figures import Figures
from analytics_api.ledger_audit import CommittedRange
from analytics_api.live_window import ActiveDocument, Bucket, MinuteDocument, Views
from analytics_api.lost_sales_cache import LostSalesCache
from analytics_api.period_cache import PeriodCache
from analytics_api.refresh import utc_now
from analytics_api.routers.memory import Memory
from analytics_api.sales import SalesColumns
from analytics_api.sales_storage import OldFigures
from event_contracts.names import TOPIC_EVENTOS

FIRST_DAY = date(2024, 1, 1)
COMMITTED_AT = datetime(2025, 5, 14, 12, tzinfo=UTC)
LINES, PRODUCTS, DAYS = 10_000, 200, 60

Line = tuple[str, str, date, int, Decimal]


def lines() -> list[Line]:
    """Order, product, day, units, revenue; orders of three lines on one day."""
    return [
        (
            f"o{n // 3}",
            f"p{n * 7919 % PRODUCTS:04d}",
            FIRST_DAY + timedelta(days=n // 3 * 31 % DAYS),
            1 + n % 4,
            Decimal(n % 5_000 + 1).scaleb(-2),
        )
        for n in range(LINES)
    ]


def memory() -> Memory:
    """All stores have answered, and the lines are known."""
    figures = Figures(ZoneInfo("America/Sao_Paulo"))
    figures.columns.add([lines()], [])
    now = utc_now()
    confirm(figures)
    done = CommittedRange(TOPIC_EVENTOS, 0, 0, LINES, LINES, 0, LINES, 0, 0, COMMITTED_AT)
    figures.put_ledger({(TOPIC_EVENTOS, 0): done}, now=now)
    figures.put_ends({(TOPIC_EVENTOS, 0): LINES}, asked_at=now)
    figures.window.merge([minute(0), ActiveDocument("ativos/todos", [Bucket(now, 7)], now)])
    periods = PeriodCache(figures.columns, _nothing, clock=utc_now, retry_seconds=5)
    lost = LostSalesCache(nothing_lost, clock=utc_now, retry_seconds=5)
    filled = Memory(figures, periods, lost, clock=utc_now, read_customer=nobody)
    filled.publish()
    return filled


def confirm(figures: Figures) -> None:
    """All stores have just answered."""
    for store in (figures.warehouse, figures.mongodb, figures.kafka):
        store.confirmed_at = utc_now()


def minute(revision: int) -> MinuteDocument:
    """This minute after so many corrections."""
    now = utc_now()
    views = [Views(f"p{n:04d}", revision + n) for n in range(20)]
    at = now.replace(second=0, microsecond=0)
    return MinuteDocument("minuto", at, revision, revision, Decimal(revision), views, now, revision)


def table() -> duckdb.DuckDBPyConnection:
    """The lines as a plain service would have them in its database."""
    database = duckdb.connect(config={"threads": 1})
    database.execute(
        "CREATE TABLE vendas "
        "(id_pedido TEXT, id_produto TEXT, dia DATE, quantidade INT, receita DECIMAL(18, 2))"
    )
    columns = [list(column) for column in zip(*lines(), strict=True)]
    unnested = "unnest($1), unnest($2), unnest($3), unnest($4), unnest($5)"
    database.execute(f"INSERT INTO vendas SELECT {unnested}", columns)
    return database


Cells = Iterator[list[tuple[object, ...]]]


def columns(days: int, products: int) -> SalesColumns:
    """So many days of so many products, one cell of each, and all products together."""
    loaded = SalesColumns(most_cells=2 * days * products)
    loaded.load(_cells(days, products), [], since=date.min)
    return loaded


def _cells(days: int, products: int) -> Cells:
    names = [f"p{number:06d}" for number in range(products)]
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        sold = [
            (day, name, (at + number) % 9 + 1, f"{(at * 7 + number) % 900}.{at % 100:02d}", 1)
            for at, name in enumerate(names)
        ]
        units, revenue = sum(n for _, _, n, _, _ in sold), sum(Decimal(r) for *_, r, _ in sold)
        sold.append((day, "", units, str(revenue), products))
        for start in range(0, len(sold), 50_000):
            yield sold[start : start + 50_000]


def _nothing(_first: date, _last: date) -> OldFigures:
    return OldFigures([], None)
