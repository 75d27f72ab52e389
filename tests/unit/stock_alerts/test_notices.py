"""What a destination is told, once, and in which words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stock_alerts.alerts import Alert, Motivo
from stock_alerts.notices import NOT_AFTER, Estado, Notice, due_notice, lines, subject

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENDING = Alert("p1", NOW, NOW, Motivo.ACABANDO, 12, 0.1, NOW + timedelta(hours=2))
SOLD_OUT = replace(ENDING, motivo=Motivo.ESGOTADO, units=0, days=0.0, sold_out_at=None)
CLOSED = replace(ENDING, closed_at=NOW)


@pytest.mark.parametrize(
    ("alert", "sent", "state"),
    [
        pytest.param(ENDING, set(), Estado.ACABANDO, id="it opens"),
        pytest.param(ENDING, {Estado.ACABANDO}, None, id="told once"),
        pytest.param(SOLD_OUT, {Estado.ACABANDO}, Estado.ESGOTADO, id="it becomes worse"),
        pytest.param(ENDING, {Estado.ACABANDO, Estado.ESGOTADO}, None, id="and better again"),
        pytest.param(SOLD_OUT, set(), Estado.ESGOTADO, id="sold out from the start"),
        pytest.param(CLOSED, {Estado.ESGOTADO}, Estado.ENCERRADO, id="it ends"),
        pytest.param(CLOSED, {Estado.ESGOTADO, Estado.ENCERRADO}, None, id="the end is told once"),
        pytest.param(CLOSED, set(), None, id="who knows of no beginning is told of no end"),
    ],
)
def test_what_is_due(alert: Alert, sent: set[Estado], state: Estado | None) -> None:
    notice = due_notice(alert, sent, NOW)
    assert (notice and notice.state) == state


def test_old_news_are_not_sent() -> None:
    assert due_notice(ENDING, set(), NOW + NOT_AFTER) is not None
    assert due_notice(ENDING, set(), NOW + NOT_AFTER + timedelta(seconds=1)) is None


def test_the_words_of_a_message() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    ending, one = Notice(ENDING, Estado.ACABANDO), replace(ENDING, id_produto="p2", units=1)
    notices = [ending, Notice(one, Estado.ACABANDO), Notice(SOLD_OUT, Estado.ESGOTADO)]
    assert subject([ending]) == "Estoque: p1 está acabando"
    assert subject(notices) == "Estoque: 3 avisos"
    assert lines([*notices, Notice(CLOSED, Estado.ENCERRADO)], zone) == [
        "- p1 está acabando: restam 12 unidades, até 02/03 às 11:00 neste ritmo",
        "- p2 está acabando: resta 1 unidade, até 02/03 às 11:00 neste ritmo",
        "- p1 esgotou",
        "- p1 não está mais acabando",
    ]
