"""How long a day of the shop is."""

from datetime import date

import pytest

from warehouse.history.live_day import minutes_of


@pytest.mark.parametrize(
    ("dia", "timezone", "expected"),
    [
        pytest.param(date(2026, 5, 2), "America/Sao_Paulo", 1440, id="most days"),
        pytest.param(date(2018, 11, 4), "America/Sao_Paulo", 1380, id="which has no midnight"),
        pytest.param(date(2026, 3, 29), "Europe/Lisbon", 1380, id="the clock goes forward"),
        pytest.param(date(2026, 10, 25), "Europe/Lisbon", 1500, id="and back"),
    ],
)
def test_the_minutes_of_a_day(dia: date, timezone: str, expected: int) -> None:
    assert minutes_of(dia, timezone) == expected
