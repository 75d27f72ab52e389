"""`python -m tests.bench.api_cells DAYS PRODUCTS`: what a period costs over so many cells."""

import json
import resource
import sys
from datetime import timedelta
from time import thread_time

from tests.bench import api_data

from analytics_api.periods import Period, PeriodTables


def main() -> None:
    """Load, then ask for periods that begin and end within a month, each once."""
    days, products = int(sys.argv[1]), int(sys.argv[2])
    columns = api_data.columns(days, products)
    loaded = thread_time()
    tables = PeriodTables(columns)
    costs = [_cost(tables, period, products) for period in _periods(days)]
    told = {
        "cells": days * products,
        "load_cpu_s": round(loaded, 1),
        "period_cpu_ms_median": sorted(costs)[len(costs) // 2],
        "period_cpu_ms_most": max(costs),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(told))


def _periods(days: int) -> list[Period]:
    first = api_data.FIRST_DAY
    ends = [(1 + 3 * n, days - 2 - 2 * n) for n in range(10)]
    return [Period(first + timedelta(days=a), first + timedelta(days=b)) for a, b in ends]


def _cost(tables: PeriodTables, period: Period, products: int) -> float:
    """CPU milliseconds of the thread, which is DuckDB's one thread too; what it tells is compared
    with the formula of the cells."""
    begun = thread_time()
    figures = tables.of_columns(period)
    best = figures.best(product=None, category=None, limite=10).fetchall()
    total = figures.total(None)
    spent = thread_time() - begun
    assert total[0] == _units(period, products), (period, total)
    assert len(best) == 10
    return round(1000 * spent, 1)


def _units(period: Period, products: int) -> int:
    """What the formula of the cells amounts to; it repeats every nine days."""
    of_day = [sum((at + number) % 9 + 1 for at in range(products)) for number in range(9)]
    begin, end = ((day - api_data.FIRST_DAY).days for day in (period.first, period.last))
    return sum(of_day[number % 9] for number in range(begin, end + 1))


if __name__ == "__main__":
    main()
