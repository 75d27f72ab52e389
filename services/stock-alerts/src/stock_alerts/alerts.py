"""When an alert on a product opens, changes and closes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

MOST_OPEN: Final = 1000
"""No more open; of those that would open together the most urgent do."""


class Motivo(StrEnum):
    """Why an alert is open."""

    ACABANDO = "acabando"
    """At the present pace the stock lasts no longer than `Policy.open_days`."""
    ESGOTADO = "esgotado"
    """There is none left."""


@dataclass(frozen=True, slots=True)
class ProductStock:
    """What analytics-api says of a product: units in all locations, units sold an hour, and the
    days that they last at that pace (None where nothing sells)."""

    id_produto: str
    units: int
    per_hour: float
    days: float | None
    sold_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class Policy:
    """An alert opens at `open_days` and closes beyond `close_days`, which must not be fewer: what
    lies between leaves an alert as it is, so that none opens and closes again and again."""

    open_days: float
    close_days: float


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, from its opening on; `changed_at` is when its reason last changed."""

    id_produto: str
    opened_at: datetime
    changed_at: datetime
    motivo: Motivo
    units: int
    days: float | None
    sold_out_at: datetime | None
    closed_at: datetime | None = None

    @property
    def id_alerta(self) -> str:
        """The same for the same opening."""
        return f"{self.id_produto}@{self.opened_at:%Y%m%dT%H%M%S.%f}"


def changed_alerts(
    open_alerts: Mapping[str, Alert],
    products: Iterable[ProductStock],
    policy: Policy,
    now: datetime,
) -> list[Alert]:
    """The alerts that open, close or have other numbers now. `open_alerts` are by product;
    `products` must include all that last no longer than `close_days`.

    A product that is sold out and of which nothing was sold of late has no alert, unless it was
    open already: nobody waits for it.
    """
    by_product = {product.id_produto: product for product in products}
    changed = [
        _next(alert, by_product.get(name), policy, now) for name, alert in open_alerts.items()
    ]
    new = [
        p for p in by_product.values() if p.id_produto not in open_alerts and _is_needed(p, policy)
    ]
    still_open = sum(alert.closed_at is None for alert in changed)
    new.sort(key=lambda product: (product.days, product.id_produto))
    opened = [_opened(product, now) for product in new[: max(0, MOST_OPEN - still_open)]]
    return [alert for alert in changed if alert != open_alerts[alert.id_produto]] + opened


def _is_needed(product: ProductStock, policy: Policy) -> bool:
    return product.days is not None and product.days <= policy.open_days and product.per_hour > 0


def _opened(product: ProductStock, now: datetime) -> Alert:
    return Alert(
        id_produto=product.id_produto,
        opened_at=now,
        changed_at=now,
        motivo=_reason(product),
        units=product.units,
        days=product.days,
        sold_out_at=product.sold_out_at,
    )


def _next(alert: Alert, product: ProductStock | None, policy: Policy, now: datetime) -> Alert:
    if product is None or product.days is None or product.days > policy.close_days:
        return replace(alert, closed_at=now, changed_at=now)
    motivo = _reason(product)
    return replace(
        alert,
        motivo=motivo,
        changed_at=alert.changed_at if motivo is alert.motivo else now,
        units=product.units,
        days=product.days,
        sold_out_at=product.sold_out_at,
    )


def _reason(product: ProductStock) -> Motivo:
    return Motivo.ACABANDO if product.units > 0 else Motivo.ESGOTADO
