"""Which days the checks of the data look at."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from platform_jobs.settings import Settings
from platform_jobs.warehouse_jobs import quality_days
from service_runtime.errors import PermanentError
from warehouse.quality.days import Days

NOW = datetime(2026, 5, 2, 2, tzinfo=UTC)
"""Still 1 May in São Paulo."""


def settings(**told: str) -> Settings:
    return Settings(
        kafka_bootstrap_servers="kafka:9092",
        mongo_url=SecretStr("mongodb://mongo"),
        warehouse_host="warehouse",
        warehouse_user="loader",
        warehouse_password=SecretStr("for-tests-only"),
        **told,
    )


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        pytest.param({}, date(2026, 4, 30), date(2026, 4, 30), id="yesterday in the shop"),
        pytest.param(
            {"shop_timezone": "Europe/Lisbon"}, date(2026, 5, 1), date(2026, 5, 1), id="elsewhere"
        ),
        pytest.param(
            {"quality_first_day": "2026-04-01"}, date(2026, 4, 1), date(2026, 4, 30), id="since"
        ),
        pytest.param(
            {"quality_last_day": "2026-04-03"}, date(2026, 4, 3), date(2026, 4, 3), id="one day"
        ),
        pytest.param(
            {"quality_first_day": "2026-04-01", "quality_last_day": "2026-04-03"},
            date(2026, 4, 1),
            date(2026, 4, 3),
            id="an interval",
        ),
    ],
)
def test_the_days_that_are_checked(told: dict[str, str], first: date, last: date) -> None:
    found = settings(**told)
    assert quality_days(found, NOW) == Days(first, last, ZoneInfo(found.shop_timezone))


def test_days_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(PermanentError, match="before they begin"):
        quality_days(settings(quality_first_day="2026-05-01"), NOW)
