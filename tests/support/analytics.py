"""A filled memory for tests of the edge, without any store."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from analytics_api import history_sql
from analytics_api.alert_storage import StockAlerts
from analytics_api.catalogue import Catalogue, Product
from analytics_api.customer import Customer, LoggedEvent, Page
from analytics_api.customer_access import CustomerAccess
from analytics_api.figures import Figures
from analytics_api.history import History
from analytics_api.history_tables import HistoryTables
from analytics_api.ledger_audit import CommittedRange
from analytics_api.live_window import ActiveDocument, Bucket, MinuteDocument, Views
from analytics_api.lost_sales import LOOK_BACK, Demand, LostSales
from analytics_api.lost_sales_cache import LostSalesCache
from analytics_api.models import Sonda
from analytics_api.outlook import SalesPace
from analytics_api.period_cache import PeriodCache, ReadOld
from analytics_api.quality_models import ResultadoQualidade, TotaisQualidade
from analytics_api.quality_storage import QualityRun
from analytics_api.region_window import (
    AbandonedCarts,
    ActiveRegionsDocument,
    FunnelDocument,
    RegionDocument,
    RegionsDocument,
    SegmentActive,
    SegmentSums,
    StateActive,
    StateSums,
)
from analytics_api.routers.memory import Memory, ReadCustomer
from analytics_api.sales import Cell
from analytics_api.sales_storage import OldFigures
from analytics_api.same_time import DayCurve
from analytics_api.stock import Level, StockLevels
from analytics_api.stock_models import AlertaEstoque
from event_contracts.atividade import Atividade, Sessao
from event_contracts.live_figures import WINDOW
from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS
from warehouse.history.reconciled_row import Reconciled

NOW = datetime(2025, 5, 15, 2, 30, 30, tzinfo=UTC)
"""Still 14 May in São Paulo."""
TODAY = date(2025, 5, 14)


def nothing_old(_first: date, _last: date) -> OldFigures:
    """A warehouse that holds nothing."""
    return OldFigures([], None)


def nothing_lost(_id_produto: str) -> LostSales:
    """A product that was never sold out."""
    return LostSales(NOW - LOOK_BACK, NOW, Demand(), 0.0, Decimal("0.00"))


async def nobody(_id_usuario: str, _page: Page) -> Customer | None:
    """A store that knows no customer."""
    return None


async def ana(id_usuario: str, page: Page) -> Customer | None:
    """A store that knows `ana`, who clicked three times within a minute."""
    if id_usuario != "ana":
        return None
    moments = [NOW + timedelta(seconds=second) for second in (0, 20, 40)]
    session = Sessao(inicio=moments[0], fim=moments[-1], cliques=3)
    activity = Atividade(
        offset=2, primeira=moments[0], ultima=moments[-1], cliques=3, sessoes=[session]
    )
    events = [
        LoggedEvent(id=f"e{number}", tipo_evento="clique", id_produto="p1", data=moment)
        for number, moment in enumerate(moments)
        if page.after is None or moment < page.after.data
    ]
    return Customer({"0": activity}, events[::-1][: page.limite + 1])


def empty_memory(
    *, read_old: ReadOld = nothing_old, read_customer: ReadCustomer = nobody
) -> Memory:
    """As it is before any store has answered."""
    figures = Figures(ZoneInfo("America/Sao_Paulo"))
    periods = PeriodCache(figures.columns, read_old, clock=lambda: NOW, retry_seconds=5)
    return Memory(
        figures,
        periods,
        LostSalesCache(nothing_lost, clock=lambda: NOW, retry_seconds=5),
        clock=lambda: NOW,
        read_customer=read_customer,
        access=CustomerAccess(is_local=True),
    )


def filled_memory(*, read_old: ReadOld = nothing_old) -> Memory:
    """Three products sold, one taken back, two minutes of metrics, Kafka three events ahead, a
    probe, stock of two products, one of them in two locations, an alert, and a run of the checks of
    the data."""
    memory = empty_memory(read_old=read_old, read_customer=ana)
    figures = memory.figures
    others = (figures.alert_store, figures.quality_store, figures.history_store)
    for store in (figures.warehouse, figures.mongodb, figures.kafka, *others):
        store.confirmed_at = NOW - timedelta(seconds=1)
    lines = [
        ("o1", "p001-caneca-esmaltada", TODAY, 2, Decimal("99.80")),
        ("o1", "p002-mochila", TODAY, 1, Decimal("250.00")),
        ("o2", "p003-fone", TODAY - timedelta(days=1), 5, Decimal("1000.00")),
        ("o3", "p004-bone", TODAY - timedelta(days=2), -1, Decimal("-0.01")),
    ]
    figures.columns.add([lines], [])
    committed_at = NOW - timedelta(seconds=2)
    events, stock = (TOPIC_EVENTOS, 0), (TOPIC_ESTOQUE, 0)
    figures.put_ledger(
        {
            events: CommittedRange(*events, 0, 10, 9, 1, 7, 1, 1, committed_at),
            stock: CommittedRange(*stock, 5, 7, 2, 0, 2, 0, 0, committed_at + timedelta(seconds=1)),
        },
        now=NOW,
    )
    probe = Sonda(
        id_evento="0b6f7f5e-55a5-4a3c-8a4b-4f5d5b5e5a5d",
        enviada_em=committed_at - timedelta(seconds=1.5),
        recebida_em=committed_at - timedelta(seconds=1),
        gravada_em=committed_at,
        segundos=1.5,
    )
    figures.probes = [probe]
    levels = [("p001-caneca-esmaltada", "cd-sudeste", 30), ("p001-caneca-esmaltada", "loja", 18)]
    figures.stock = StockLevels().changed(
        Level(product, location, units, committed_at - timedelta(hours=1), committed_at)
        for product, location, units in [*levels, ("p002-mochila", "loja", 0)]
    )
    figures.alerts = StockAlerts([sold_out_soon()], looked_at=committed_at)
    figures.quality = failed_run()
    figures.pace = SalesPace({"p001-caneca-esmaltada": {NOW.replace(minute=0, second=0): 11}})
    sold_at = datetime.combine(TODAY - timedelta(days=1), time(9, 15))
    figures.curves = {sold_at.date(): DayCurve.of([(sold_at, Cell(5, Decimal("1000.00"), 1))])}
    figures.put_ends({events: 13, stock: 7}, asked_at=NOW)
    minute = NOW.replace(second=0)
    figures.window.merge(
        [
            MinuteDocument("m/0", minute, 1, 3, Decimal("349.80"), [Views("p002-mochila", 4)], NOW),
            MinuteDocument(
                "m/1", minute - WINDOW, 0, 0, Decimal(0), [Views("p002-mochila", 1)], NOW
            ),
            ActiveDocument("a/0", [Bucket(NOW, 7)], NOW),
        ]
    )
    figures.regions.merge(region_documents(minute), now=NOW)
    put_history(figures)
    memory.publish()
    return memory


def failed_run() -> QualityRun:
    """A run of the checks in which one failed."""
    failed = ResultadoQualidade(
        tabela="vendas",
        verificacao="vendas_com_cliente",
        dia=TODAY - timedelta(days=1),
        valor=Decimal("0.0625"),
        limite="no máximo 0,05",
        veredito="reprovada",
        bloqueante=True,
        detalhe="Quase toda venda diz quem comprou. 1 de 16 linhas.",
    )
    return QualityRun(
        "2025-05-13/2025-05-13@20250515T010030.000000Z",
        NOW - timedelta(minutes=90),
        TotaisQualidade(aprovadas=61, alertas=0, reprovadas=1, bloqueios=1),
        [failed],
    )


CATALOGUE = {
    "p001-caneca-esmaltada": Product("Caneca esmaltada", "cozinha", Decimal("49.90")),
    "p002-mochila": Product("Mochila de trilha São João", "decoração"),
}
"""Not all of the products that were sold."""
YESTERDAY = TODAY - timedelta(days=1)
LONG_AGO = date(2025, 4, 1)


def put_history(figures: Figures) -> None:
    """Names, the aggregates of a day and a month before memory, of a day in memory and, with other
    sums than memory, of yesterday; and yesterday reconciled."""
    sums = (9, 12, "1200.50", 7)
    HistoryTables(figures.columns.cursor()).replace(
        {
            history_sql.CATALOGUE: [[(key, p.nome, p.categoria) for key, p in CATALOGUE.items()]],
            history_sql.DAILY: [
                [(LONG_AGO, *sums), (YESTERDAY, *sums)],
                [(YESTERDAY - timedelta(days=1), 0, -1, "-0.01", 0)],
            ],
            history_sql.MONTHLY: [[(LONG_AGO, *sums)]],
            history_sql.BY_REGION: [[(YESTERDAY, "SP", 8, "1000.50"), (YESTERDAY, "RJ", 4, "200")]],
            history_sql.BY_CATEGORY: [[(YESTERDAY, "cozinha", 12, "1200.50")]],
        }
    )
    revenue = Reconciled(
        YESTERDAY,
        "receita",
        *map(Decimal, ("1000.00", "1200.50", "200.50", "250.00", "-49.50", 0, 0)),
        NOW,
        *(Decimal("900.00"), Decimal("900.00"), 1440, 1440),
    )
    units = Reconciled(YESTERDAY, "unidades", *[Decimal(12)] * 2, *[Decimal(0)] * 5, NOW)
    figures.history = History(Catalogue(CATALOGUE), {YESTERDAY: [revenue, units]}, NOW, version=1)


def sold_out_soon() -> AlertaEstoque:
    """An open alert."""
    return AlertaEstoque(
        id_alerta="p002-mochila@20250515T013000.000000",
        id_produto="p002-mochila",
        motivo="esgotado",
        aberto_em=NOW - timedelta(hours=1),
        fechado_em=None,
        nivel_estoque=0,
        dias_cobertura=0.0,
        esgota_em=None,
    )


def region_documents(minute: datetime) -> list[RegionDocument]:
    """A state and a segment in a minute, who is active, and a funnel."""
    sums: dict[str, Any] = {"pedidos": 2, "unidades": 5, "visualizacoes": 7}
    sums["receita"] = Decimal("99.80")
    states = [StateSums(estado="SP", regiao="Sudeste", **sums)]
    active = [StateActive("SP", "Sudeste", 3)]
    since, carts = minute - timedelta(minutes=59), AbandonedCarts(3, 2, 1, Decimal("19.90"))
    return [
        RegionsDocument("r/0", minute, states, [SegmentSums(segmento="fiel", **sums)], NOW),
        ActiveRegionsDocument("r/a", NOW, active, [SegmentActive("fiel", 3)], 4, NOW),
        FunnelDocument("f/0", NOW, since, 9, 5, 2, carts, NOW),
    ]
