"""What a feed is: a topic, the table of its records, and the SQL that loads and checks them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from warehouse.tables import Table
from warehouse.transaction import Transaction

STAGED = "lote"
"""The temporary table of a batch's staged records, with the columns of the feed's table."""
NEW = "lote_novos"
"""The temporary table of the staged records that the warehouse does not have yet."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The oldest and the newest moment of a batch's records, by their own clocks, in UTC."""

    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Check:
    """A count over the tables that must be zero, and the sentence that says what it counts."""

    count: str
    problem: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic in the warehouse.

    `table` gets one row per record that is neither dead nor a repeat. `select_new` is the query
    that picks these out of `STAGED`; `derive` keeps further tables current from `NEW`.
    """

    topic: str
    table: Table
    event_time: str
    """The column whose oldest and newest value `select_new` and `derive` get."""
    select_new: Callable[[Bounds], str]
    derive: Callable[[Transaction, Bounds], None]
    checks: tuple[Check, ...]
