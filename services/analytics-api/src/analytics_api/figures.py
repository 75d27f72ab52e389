"""All figures in memory: refreshers write them, answers read them.

Lives on the event loop alone, so nothing here needs a lock and nothing here waits.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from analytics_api.alert_storage import StockAlerts
from analytics_api.freshness import CaughtUp, age_seconds, metrics_confirmed, stands_still
from analytics_api.history import History
from analytics_api.ledger_audit import (
    COUNTS,
    Ledger,
    Offsets,
    done_to,
    is_ahead,
    last_commit,
    of_topic,
    reconcile,
)
from analytics_api.live_models import (
    Comparacao,
    EstoqueAoVivo,
    FrescorAoVivo,
    MetricasTempoReal,
    VendasAteAgora,
    VendasHoje,
)
from analytics_api.live_window import LiveWindow
from analytics_api.models import Conciliacao, Degradado, Frescor, Sonda, Sondas, Totais
from analytics_api.outlook import SalesPace
from analytics_api.quality_storage import QualityRun
from analytics_api.region_window import RegionWindow
from analytics_api.sales import SalesColumns
from analytics_api.same_time import Curves, compared_days, sold_before
from analytics_api.stock import StockLevels
from analytics_api.stock_models import ArmazemSilencioso
from event_contracts.names import TOPIC_ESTOQUE, TOPIC_EVENTOS

WAREHOUSE: Final[Degradado] = "warehouse"
MONGODB: Final[Degradado] = "mongodb"
KAFKA: Final[Degradado] = "kafka"
STREAM: Final[Degradado] = "fluxo"
"""The entry in `degradado` for: every store answers, but the pipeline makes no progress."""
_MOST_VIEWED: Final = 5
_MOST_ALERTS: Final = 10


@dataclass(slots=True)
class Store:
    """The state of one store; `problem` is None while it answers."""

    name: Degradado
    confirmed_at: datetime | None = None
    """When it was last asked with success."""
    problem: str | None = None


def and_away(degraded: list[Degradado], *stores: Store) -> list[Degradado]:
    """What is degraded, and each of these stores that is away."""
    return list(dict.fromkeys([*degraded, *(s.name for s in stores if s.problem is not None)]))


@dataclass(slots=True)
class Figures:
    """The last good figures of every store."""

    zone: ZoneInfo
    columns: SalesColumns = field(default_factory=SalesColumns)
    """The sales. This is the only field that another thread fills."""
    ledger: Ledger | None = None
    """The ledger; None until the warehouse was read for the first time."""
    last_sales_commit: datetime | None = None
    """When the stream last wrote events to the warehouse, by its own clock."""
    last_stock_commit: datetime | None = None
    """`last_sales_commit` for the topic of stock updates."""
    sales_version: int = 0
    probes: list[Sonda] = field(default_factory=list)
    """The newest that were committed up to that ledger, newest first."""
    stock: StockLevels = field(default_factory=StockLevels)
    pace: SalesPace = field(default_factory=SalesPace)
    curves: Curves = field(default_factory=dict)
    """The past days that today is compared with."""
    alerts: StockAlerts = field(default_factory=StockAlerts)
    alerts_version: int = 0
    quality: QualityRun = field(default_factory=QualityRun)
    history: History = field(default_factory=History)
    window: LiveWindow = field(default_factory=LiveWindow)
    regions: RegionWindow = field(default_factory=RegionWindow)
    ends: Offsets | None = None
    caught_up: CaughtUp = field(default_factory=CaughtUp)
    sales_caught_up: CaughtUp = field(default_factory=CaughtUp)
    """`caught_up` for the topic of events alone."""
    ahead_since: datetime | None = None
    """When Kafka was first seen ahead of the ledger; None while it is not."""
    moved_at: datetime | None = None
    """When the ledger last advanced."""
    sales_moved_at: datetime | None = None
    """`moved_at` for the topic of events alone."""
    warehouse: Store = field(default_factory=lambda: Store(WAREHOUSE))
    mongodb: Store = field(default_factory=lambda: Store(MONGODB))
    kafka: Store = field(default_factory=lambda: Store(KAFKA))
    alert_store: Store = field(default_factory=lambda: Store(MONGODB))
    """The same store, asked for alerts, more rarely."""
    quality_store: Store = field(default_factory=lambda: Store(WAREHOUSE))
    """The warehouse, asked for the checks of its data once a minute."""
    history_store: Store = field(default_factory=lambda: Store(WAREHOUSE))
    """The warehouse, asked for what batch-etl has left, more rarely."""

    def put_ledger(self, ledger: Ledger, *, now: datetime) -> None:
        """Note that the ledger, and perhaps the columns with it, has changed."""
        before, self.ledger = self.ledger, ledger
        self.last_sales_commit = last_commit(of_topic(ledger, TOPIC_EVENTOS))
        self.last_stock_commit = last_commit(of_topic(ledger, TOPIC_ESTOQUE))
        self.sales_version += 1
        self.moved_at = now
        if before is None:
            self.sales_moved_at = self.last_sales_commit
        elif of_topic(done_to(before), TOPIC_EVENTOS) != of_topic(done_to(ledger), TOPIC_EVENTOS):
            self.sales_moved_at = now
        self._compare(now)

    def put_ends(self, ends: Offsets, *, asked_at: datetime) -> None:
        """Note where Kafka ended at a moment."""
        self.ends = ends
        if self.ledger is not None:
            self.caught_up.observe(asked_at, ends)
            self.sales_caught_up.observe(asked_at, of_topic(ends, TOPIC_EVENTOS))
            self._compare(asked_at)

    def _compare(self, now: datetime) -> None:
        done = done_to(self.ledger or {})
        self.caught_up.advance(done)
        self.sales_caught_up.advance(done)
        ahead = is_ahead(self.ends or {}, done)
        self.ahead_since = (self.ahead_since or now) if ahead else None

    def last_commit(self) -> datetime | None:
        """When the stream last wrote to the warehouse, by its own clock."""
        return last_commit(self.ledger or {})

    def degraded(self, now: datetime) -> list[Degradado]:
        """The stores that do not answer; the stream if it stands still while all stores answer."""
        return [*self.away(), *([STREAM] if self.is_still(now) else [])]

    def is_still(self, now: datetime) -> bool:
        """Whether the stream is known to stand still while Kafka holds records for it."""
        if self.warehouse.problem is not None or self.kafka.problem is not None:
            return False
        return stands_still(ahead_since=self.ahead_since, moved_at=self.moved_at, now=now)

    def away(self) -> list[Degradado]:
        """The stores that do not answer."""
        return and_away([], self.warehouse, self.mongodb, self.kafka)

    def missing(self) -> list[str]:
        """The stores that have not answered once yet."""
        return [s.name for s in (self.warehouse, self.mongodb) if s.confirmed_at is None]

    def version(self, now: datetime) -> tuple[object, ...]:
        """A value that changes with every figure of a store, but not when a figure only grows
        older."""
        versions = (self.sales_version, self.window.version, self.alerts_version)
        return (*versions, self.history.version, *self.degraded(now))

    def live(self, now: datetime) -> MetricasTempoReal:
        """The document of the live page."""
        today = now.astimezone(self.zone).date()
        sold, named = self.columns.of_day(today), self.history.catalogue.named
        self.window.slide(now)
        return MetricasTempoReal(
            agora=now,
            fuso=self.zone.key,
            usuarios_ativos=self.window.active_users(now),
            vendas_por_minuto=self.window.sales_per_minute(),
            vendas_hoje=VendasHoje(
                dia=today, pedidos=sold.pedidos, unidades=sold.unidades, receita=sold.receita
            ),
            comparacao=self._comparison(today, now),
            mais_vistos=named(self.window.most_viewed(_MOST_VIEWED)),
            estoque=self._live_stock(),
            frescor=FrescorAoVivo(
                vendas=_freshness(self.sales_confirmed(), now),
                metricas=_freshness(self._metrics_confirmed(), now),
            ),
            degradado=self.degraded(now),
        )

    def _live_stock(self) -> EstoqueAoVivo:
        return EstoqueAoVivo(
            avaliado_em=self.alerts.looked_at,
            alertas_abertos=len(self.alerts.open),
            alertas=self.history.catalogue.named(self.alerts.open[:_MOST_ALERTS]),
            armazens_silenciosos=[
                ArmazemSilencioso(id_armazem=t.id_armazem, recebido_em=t.received_at)
                for t in self.stock.silent(self.caught_up.confirmed)
            ],
        )

    def reconciliation(self, now: datetime) -> Conciliacao:
        """The pipeline as the ledger and Kafka show it."""
        partitions = reconcile(self.ledger or {}, None if self.kafka.problem else self.ends)
        lags = [p.atraso for p in partitions if p.atraso is not None]
        return Conciliacao(
            exata=all(p.exata for p in partitions),
            particoes=partitions,
            totais=Totais(
                **{name: sum(getattr(p, name) for p in partitions) for name in COUNTS},
                atraso=sum(lags) if len(lags) == len(partitions) else None,
            ),
            ultimo_commit=self.last_commit(),
            frescor=_freshness(self.caught_up.confirmed or self.last_commit(), now),
            degradado=self.degraded(now),
        )

    def seen_probes(self, now: datetime) -> Sondas:
        """The probes that came out."""
        return Sondas(sondas=self.probes, degradado=self.degraded(now))

    def _comparison(self, today: date, now: datetime) -> Comparacao:
        yesterday, week_ago = (self._before_now(day, now) for day in compared_days(today))
        return Comparacao(ontem=yesterday, semana_passada=week_ago)

    def _before_now(self, day: date, now: datetime) -> VendasAteAgora | None:
        found = sold_before(self.curves, day, now=now, zone=self.zone)
        if found is None:
            return None
        sold = found.sold
        return VendasAteAgora(
            dia=found.day,
            ate=found.until,
            pedidos=sold.pedidos,
            unidades=sold.unidades,
            receita=sold.receita,
        )

    def sales_confirmed(self) -> datetime | None:
        """Until when the sales are complete; the last commit, if Kafka was never asked."""
        return self.sales_caught_up.confirmed or self.last_sales_commit

    def _metrics_confirmed(self) -> datetime | None:
        return metrics_confirmed(
            polled_at=self.mongodb.confirmed_at,
            newest=self.window.newest,
            ledger_moved_at=self.sales_moved_at,
        )


def _freshness(confirmed: datetime | None, now: datetime) -> Frescor:
    return Frescor(confirmado_em=confirmed, idade_s=age_seconds(confirmed, now=now))
