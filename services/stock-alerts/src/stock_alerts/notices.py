"""What a destination is still to be told of an alert, and the words for it (pt-BR)."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from stock_alerts.alerts import Alert, Motivo

NOT_AFTER: Final = timedelta(days=1)
"""What could not be sent for this long is not sent any more: it would be no news."""


class Estado(StrEnum):
    """The state of an alert that a notice tells."""

    ACABANDO = "acabando"
    ESGOTADO = "esgotado"
    ENCERRADO = "encerrado"


@dataclass(frozen=True, slots=True)
class Notice:
    """One state of one alert, to be told once to each destination."""

    alert: Alert
    state: Estado

    @property
    def id_aviso(self) -> str:
        """The same each time that it is sent."""
        return f"{self.alert.id_alerta}/{self.state}"


def due_notice(alert: Alert, sent: Collection[Estado], now: datetime) -> Notice | None:
    """The notice that a destination lacks: of the present state, each state once. The end is told
    to those alone who were told of the beginning."""
    state = _state(alert)
    if state in sent or now - alert.changed_at > NOT_AFTER:
        return None
    if state is Estado.ENCERRADO and not sent:
        return None
    return Notice(alert, state)


def message_key(notices: Sequence[Notice]) -> str:
    """The same for the same notices, by which a receiver knows a message that comes twice; 64
    hexadecimal digits."""
    return hashlib.sha256("\n".join(notice.id_aviso for notice in notices).encode()).hexdigest()


def subject(notices: Sequence[Notice]) -> str:
    """One line for one notice or more."""
    if len(notices) == 1:
        return f"Estoque: {_claim(notices[0])}"
    return f"Estoque: {len(notices)} avisos"


def lines(notices: Sequence[Notice], zone: ZoneInfo) -> list[str]:
    """A line for each notice; times are the shop's."""
    return [f"- {_claim(notice)}{_detail(notice, zone)}" for notice in notices]


def _state(alert: Alert) -> Estado:
    if alert.closed_at is not None:
        return Estado.ENCERRADO
    return Estado.ESGOTADO if alert.motivo is Motivo.ESGOTADO else Estado.ACABANDO


_CLAIMS: Final = {
    Estado.ACABANDO: "{} está acabando",
    Estado.ESGOTADO: "{} esgotou",
    Estado.ENCERRADO: "{} não está mais acabando",
}


def _claim(notice: Notice) -> str:
    return _CLAIMS[notice.state].format(notice.alert.id_produto)


def _detail(notice: Notice, zone: ZoneInfo) -> str:
    alert = notice.alert
    if notice.state is not Estado.ACABANDO or alert.sold_out_at is None:
        return ""
    left = "resta 1 unidade" if alert.units == 1 else f"restam {alert.units} unidades"
    at = alert.sold_out_at.astimezone(zone)
    return f": {left}, até {at:%d/%m às %H:%M} neste ritmo"
