"""The whole grid, as `make bench ARGS="scaling"` runs it, and its summary by trace."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from tests.bench.scaling.figures import Figures, mean
from tests.bench.scaling.grid import Result, cells, compared
from tests.bench.scaling.traces import TRACES

# One line for each cell, as soon as it is measured.
LINES: Final = Path(".vitrine/scaling.jsonl")


def scaling() -> dict[str, Any]:
    """Every cell with the law and KEDA; cells in a random order, so that a part is a sample."""
    order = list(cells())
    Random(1).shuffle(order)
    LINES.parent.mkdir(exist_ok=True)
    results = []
    with LINES.open("w", encoding="utf-8") as lines, Pool(os.cpu_count()) as pool:
        for result in pool.imap_unordered(compared, order):
            results.append(result)
            print(json.dumps(asdict(result)), file=lines, flush=True)
    return summary(results)


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """By trace, for all cells, and without those where no consumers help: the means of the law, of
    KEDA tuned and by default, and of one consumer for each partition."""
    found = list(results)
    groups = {name: [r for r in found if r.cell.trace == name] for name in TRACES}
    groups["all"] = found
    groups["all but saturated-sink"] = [r for r in found if r.cell.trace != "saturated-sink"]
    return {name: _row(group) for name, group in groups.items() if group}


def _row(results: list[Result]) -> dict[str, Any]:
    kinds: Mapping[str, Callable[[Result], Figures]] = {
        "lag-scaler": lambda result: result.law,
        "KEDA tuned": lambda result: result.tuned,
        "KEDA default": lambda result: result.default,
        "one per partition": lambda result: result.full,
    }
    means = {kind: mean([of(result) for result in results]) for kind, of in kinds.items()}
    law, tuned = means["lag-scaler"], means["KEDA tuned"]
    return {
        "cells": len(results),
        **{kind: _rounded(asdict(figures)) for kind, figures in means.items()},
        "ratios": _rounded(
            {
                "p99": ratio(law.p99_lag_seconds, tuned.p99_lag_seconds),
                "p99_median": float(np.median([_p99_ratio(r) for r in results])),
                "events": ratio(law.events, tuned.events),
                "reversals": ratio(law.reversals, tuned.reversals),
                "cost": ratio(law.cost, tuned.cost),
            }
        ),
        "worse p99": sum(_p99_ratio(result) > 1 for result in results),
    }


def ratio(of: float, to: float) -> float:
    """Nothing to nothing is the same."""
    if to == 0:
        return 1.0 if of == 0 else float("inf")
    return of / to


def _p99_ratio(result: Result) -> float:
    return ratio(result.law.p99_lag_seconds, result.tuned.p99_lag_seconds)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in values.items()}
