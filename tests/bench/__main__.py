"""`make bench`: measures on this machine, prints a table, writes JSON.

`ARGS="stream backlog"` names what to measure, `ARGS="stream --millions 5"` how long.
"""

import json
import logging
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench import (
    api,
    click_log,
    etl,
    pace,
    page,
    producer,
    sales_load,
    stock,
    stock_visibility,
    stream,
)
from tests.bench.scaling.comparison import scaling
from tests.bench.stream import Figures

OUTPUT: Final = Path(".vitrine/bench.json")


def main() -> None:
    """Measure one thing after the other, since they would disturb each other."""
    parser = ArgumentParser(prog="make bench")
    parser.add_argument(
        "names", nargs="*", help="stream, backlog, idle, visibility, sustained, event-producer, …"
    )
    parser.add_argument(
        "--millions", type=int, default=5, help="of events (after the warm-up) or rows"
    )
    parser.add_argument("--warm-up", type=int, default=1, help="millions of events to warm up with")
    arguments = parser.parse_args()
    measures: dict[str, Callable[[], Figures]] = {
        "stream": partial(
            stream.beside_the_plain_job, arguments.millions, warm_up=arguments.warm_up
        ),
        "backlog": stream.backlog,
        "idle": pace.idle_cores,
        "visibility": pace.visibility,
        "sustained": pace.sustained,
        "event-producer": producer.beside_a_plain_service,
        "inventory-poller": stock.rounds_of_the_poller,
        "stock-visibility": stock_visibility.visibility_of_stock,
        "analytics-api": api.analytics_api,
        "page": page.page,
        "etl": partial(etl.beside_others, arguments.millions),
        "etl-memory": partial(etl.memory, arguments.millions),
        "etl-load": sales_load.beside_raw_copy,
        "click-logger": click_log.beside_a_bare_insert,
        "scaling": scaling,
    }
    if unknown := set(arguments.names) - measures.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(measures)}")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # every request of the S3 stand-in
    found: dict[str, Figures] = {}
    for name in arguments.names or measures:
        print(f"measuring {name} …", flush=True)
        found[name] = measures[name]()
        print("\n".join(_lines(name, found[name])), flush=True)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(f"written to {OUTPUT}")


def _lines(name: str, value: Any) -> Iterator[str]:
    """Rows of a table: what was measured, and its figure."""
    if isinstance(value, list):
        value = dict(enumerate(value, start=1))
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _lines(f"{name} {key}", part)
    else:
        yield f"| {name} | {value} |"


if __name__ == "__main__":
    main()
