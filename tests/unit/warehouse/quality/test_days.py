"""The shop's days as moments, also where the clocks change."""

from datetime import UTC, date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest

from warehouse.quality.days import Days, one_day, yesterday

SAO_PAULO, LISBON = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Lisbon")


@pytest.mark.parametrize(
    ("days", "condition"),
    [
        pytest.param(
            one_day(date(2026, 5, 1), SAO_PAULO),
            "m >= TIMESTAMP '2026-05-01 03:00:00.000000' "
            "AND m < TIMESTAMP '2026-05-02 03:00:00.000000'",
            id="a day",
        ),
        pytest.param(
            Days(date(2026, 3, 28), date(2026, 3, 29), LISBON),
            "m >= TIMESTAMP '2026-03-28 00:00:00.000000' "
            "AND m < TIMESTAMP '2026-03-29 23:00:00.000000'",
            id="the second day has 23 hours",
        ),
    ],
)
def test_days_are_bounds_in_utc(days: Days, condition: str) -> None:
    assert days.within("m", is_date=False) == condition


def test_a_name_that_would_end_the_literal_is_refused() -> None:
    with (files("tzdata") / "zoneinfo/Etc/UTC").open("rb") as file:
        days = one_day(date(2026, 5, 1), ZoneInfo.from_file(file, key="UTC' OR 'a"))
    with pytest.raises(ValueError, match="not a time zone"):
        days.day_of("m", is_date=False)
    with pytest.raises(ValueError, match="not a time zone"):
        days.fill_in("{fuso}")


def test_dates_are_bounds_as_they_are() -> None:
    days = Days(date(2026, 5, 1), date(2026, 5, 3), SAO_PAULO)
    assert days.within("dia", is_date=True) == "dia BETWEEN DATE '2026-05-01' AND DATE '2026-05-03'"
    assert (len(days.all), days.only) == (3, None)
    assert one_day(days.first, SAO_PAULO).only == days.first


def test_queries_are_filled_in() -> None:
    filled = one_day(date(2026, 5, 1), SAO_PAULO).fill_in(
        "{primeiro} {ultimo} {desde} {ate} {fuso} {limite}"
    )
    assert filled == (
        "DATE '2026-05-01' DATE '2026-05-01' TIMESTAMP '2026-05-01 03:00:00.000000' "
        "TIMESTAMP '2026-05-02 03:00:00.000000' America/Sao_Paulo 9999999999999999.99"
    )


def test_yesterday_is_that_of_the_shop() -> None:
    now = datetime(2026, 5, 2, 2, 59, tzinfo=UTC)
    assert yesterday(now, SAO_PAULO) == date(2026, 4, 30)
    assert yesterday(now, LISBON) == date(2026, 5, 1)
