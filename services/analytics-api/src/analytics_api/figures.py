"""Everything that is known, in memory: what the refreshers put in and the answers take out.

Lives on the event loop alone, so nothing here is locked and nothing here waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from analytics_api.freshness import CaughtUp, age_seconds, metrics_confirmed
from analytics_api.live_metrics import MetricsWindow
from analytics_api.money import to_text
from analytics_api.reconciliation import Ledger, reconcile
from analytics_api.sales import SalesCube

WAREHOUSE: Final = "warehouse"
MONGODB: Final = "mongodb"
KAFKA: Final = "kafka"
_MOST_VIEWED: Final = 5


@dataclass(slots=True)
class Store:
    """How it stands with one store; `problem` is None while it answers."""

    name: str
    confirmed_at: datetime | None = None
    """When it was last asked and answered."""
    problem: str | None = None


@dataclass(slots=True)
class Figures:
    """The last good figures of every store."""

    zone: ZoneInfo
    cube: SalesCube = field(default_factory=SalesCube)
    ledger: Ledger | None = None
    """None until the warehouse was read for the first time."""
    sales_version: int = 0
    window: MetricsWindow = field(default_factory=MetricsWindow)
    ends: Mapping[int, int] | None = None
    caught_up: CaughtUp = field(default_factory=CaughtUp)
    ledger_moved_at: datetime | None = None
    warehouse: Store = field(default_factory=lambda: Store(WAREHOUSE))
    mongodb: Store = field(default_factory=lambda: Store(MONGODB))
    kafka: Store = field(default_factory=lambda: Store(KAFKA))

    def put_ledger(self, ledger: Ledger, *, now: datetime) -> None:
        """Note that the ledger, and the cube with it, has changed."""
        first = self.ledger is None
        self.ledger = ledger
        self.sales_version += 1
        self.ledger_moved_at = self.last_commit() if first else now
        self.caught_up.advance(self._done_to())

    def put_ends(self, ends: Mapping[int, int], *, asked_at: datetime) -> None:
        """Note where Kafka ended at a moment."""
        self.ends = ends
        if self.ledger is not None:
            self.caught_up.observe(asked_at, ends)
            self.caught_up.advance(self._done_to())

    def last_commit(self) -> datetime | None:
        """When the stream last wrote to the warehouse, by its own clock."""
        return max((s.committed_at for s in (self.ledger or {}).values()), default=None)

    def away(self) -> list[str]:
        """The stores that do not answer."""
        return [s.name for s in (self.warehouse, self.mongodb, self.kafka) if s.problem]

    def missing(self) -> list[str]:
        """The stores without which there is nothing to tell yet."""
        return [s.name for s in (self.warehouse, self.mongodb) if s.confirmed_at is None]

    def version(self) -> tuple[object, ...]:
        """Changes with everything that stores say, not with what only time does."""
        return (self.sales_version, self.window.version, *self.away())

    def live(self, now: datetime) -> dict[str, Any]:
        """What the page shows."""
        today = now.astimezone(self.zone).date()
        sold = self.cube.today(today)
        self.window.slide(now)
        return {
            "agora": iso(now),
            "fuso": self.zone.key,
            "usuarios_ativos": self.window.active_users(now),
            "vendas_por_minuto": self.window.sales_per_minute(),
            "vendas_hoje": {
                "dia": today.isoformat(),
                "pedidos": sold.pedidos,
                "unidades": sold.unidades,
                "receita": to_text(sold.centavos),
            },
            "mais_vistos": self.window.most_viewed(_MOST_VIEWED),
            "frescor": {
                "vendas": _freshness(self.sales_confirmed(), now),
                "metricas": _freshness(self._metrics_confirmed(), now),
            },
            "degradado": self.away(),
        }

    def reconciliation(self, now: datetime) -> dict[str, Any]:
        """What the ledger and Kafka say of the pipeline."""
        partitions = reconcile(self.ledger or {}, None if self.kafka.problem else self.ends)
        lags = [p["atraso"] for p in partitions]
        sums = ("n_read", "n_written", "n_duplicate", "n_dead")
        return {
            "exata": all(p["exata"] for p in partitions),
            "particoes": partitions,
            "totais": {
                **{name: sum(p[name] for p in partitions) for name in sums},
                "atraso": None if None in lags else sum(lags),
            },
            "ultimo_commit": iso(self.last_commit()),
            "frescor": _freshness(self.sales_confirmed(), now),
            "degradado": self.away(),
        }

    def sales_confirmed(self) -> datetime | None:
        """Until when the sales are complete; before Kafka was ever asked, the last commit."""
        return self.caught_up.confirmed or self.last_commit()

    def _metrics_confirmed(self) -> datetime | None:
        return metrics_confirmed(
            polled_at=self.mongodb.confirmed_at,
            newest=self.window.newest,
            ledger_moved_at=self.ledger_moved_at,
        )

    def _done_to(self) -> dict[int, int]:
        return {p: sums.off_to for p, sums in (self.ledger or {}).items()}


def iso(moment: datetime | None) -> str | None:
    """UTC to the millisecond, ending in Z."""
    if moment is None:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _freshness(confirmed: datetime | None, now: datetime) -> dict[str, Any]:
    return {"confirmado_em": iso(confirmed), "idade_s": age_seconds(confirmed, now=now)}
