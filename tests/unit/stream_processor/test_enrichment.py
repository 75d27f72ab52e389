"""The enrichment: what it asks for, writes, and does while MongoDB is slow or away."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from tests.support.live_events import NOON, NOW, click, sale, take
from tests.support.waiting import wait_until

from service_runtime.errors import PermanentError, TransientError
from stream_processor import enrichment as module
from stream_processor.enrichment import PIECE, Enrichment
from stream_processor.live_figures import LiveFigures
from stream_processor.profiles import Profile

SP = Profile("SP", "Sudeste", "fiel")
BA = Profile("BA", "Nordeste", "fiel")


class Source:
    """Profiles that a test sets; what it was asked for."""

    def __init__(self) -> None:
        self.profiles: dict[str, Profile] = {}
        self.asked: list[list[str]] = []
        self.before: Callable[[], None] = lambda: None

    def read(self, customers: Sequence[str]) -> list[Profile]:
        self.asked.append(list(customers))
        self.before()
        return [self.profiles.get(customer, Profile()) for customer in customers]


class Store:
    """The newest documents by their ids."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.error: Exception | None = None

    def upsert(self, documents: Iterable[dict[str, Any]], *, now: datetime) -> None:
        if self.error is not None:
            raise self.error
        self.documents |= {d["_id"]: d | {"atualizado_em": now} for d in documents}


class Running:
    """An enrichment without its thread, whose clock a test moves."""

    def __init__(self) -> None:
        self.now = NOW
        self.source, self.store, self.figures = Source(), Store(), LiveFigures()
        self.enrichment = Enrichment(self.source, self.store, clock=lambda: self.now)
        self.enrichment.follow(self.figures, 0)
        self.enrichment.release()

    def states(self) -> dict[str, int]:
        """Views of noon by state."""
        rows = self.store.documents.get("regioes/2025-05-14T12:00:00Z", {"estados": []})["estados"]
        return {row["estado"]: row["visualizacoes"] for row in rows}

    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return any(thread.name == "enrichment" for thread in enumerate_threads())

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.enrichment.advance()


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def test_a_profile_that_changes_counts_with_its_new_value_from_then_on() -> None:
    running = Running()
    running.source.profiles["u1"] = SP
    take(running.figures, click("a"), click("b", "u2"))
    running.enrichment.advance()
    assert running.states() == {"SP": 1, "desconhecido": 1}
    running.source.profiles["u1"] = BA
    take(running.figures, click("c"), now=running.now + timedelta(seconds=31))
    running.later(31)
    assert running.states() == {"SP": 1, "BA": 1, "desconhecido": 1}
    assert running.source.asked == [["u1", "u2"], ["u1"]]
    active = running.store.documents["regioes/ativos"]
    assert active["estados"] == [
        {"estado": "BA", "regiao": "Nordeste", "n": 1},
        {"estado": "desconhecido", "regiao": "desconhecido", "n": 1},
    ]


@pytest.mark.parametrize("error", [TransientError("away"), PermanentError("refused")])
def test_while_profiles_cannot_be_read_events_wait_and_all_else_goes_on(error: Exception) -> None:
    running = Running()
    running.source.before = raising(error)
    take(running.figures, click("a"))
    running.enrichment.advance()
    assert running.states() == {}
    assert running.store.documents["regioes/ativos"]["aguardando"] == 1
    assert running.store.documents["funil/todos"]["clicaram"] == 1
    running.later(0.1)
    assert len(running.source.asked) == 1
    running.source.before = lambda: None
    running.later(0.2)
    assert running.states() == {"desconhecido": 1}


def test_no_micro_batch_waits_for_a_slow_answer() -> None:
    running = Running()
    is_asked, may_answer = Flag(), Flag()

    def hang() -> None:
        is_asked.set()
        assert may_answer.wait(60)

    running.source.before = hang
    take(running.figures, click("a"))
    thread = Thread(target=running.enrichment.advance)
    thread.start()
    assert is_asked.wait(60)
    assert running.figures.turn.acquire(timeout=60)
    take(running.figures, sale("b"))
    running.figures.turn.release()
    assert running.figures.figures_of([NOON])[NOON].pedidos == 1
    may_answer.set()
    thread.join(60)
    assert running.states() == {"desconhecido": 1}


def test_what_is_asked_for_comes_in_pieces_and_ends_in_time() -> None:
    running = Running()
    take(running.figures, *(click(str(n), f"u{n:05d}") for n in range(2 * PIECE + 5)))

    def slow() -> None:
        running.now += timedelta(seconds=2.5)

    running.source.before = slow
    assert not running.enrichment.advance()
    assert [len(asked) for asked in running.source.asked] == [PIECE, PIECE]
    running.enrichment.advance()
    assert [len(asked) for asked in running.source.asked] == [PIECE, PIECE, 5]
    assert running.states() == {"desconhecido": 2 * PIECE + 5}


def test_a_backlog_of_profiles_is_read_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    running = Running()
    take(running.figures, *(click(str(n), f"u{n}") for n in range(3)))
    assert [running.enrichment.advance() for _ in range(2)] == [True, False]
    assert running.source.asked == [["u0", "u1"], ["u2"]]


def test_what_could_not_be_written_is_written_later() -> None:
    running = Running()
    running.store.error = TransientError("away")
    take(running.figures, click("a"))
    running.enrichment.advance()
    running.store.error = None
    running.later(0.1)
    assert running.store.documents == {}
    running.later(0.1)
    assert running.states() == {"desconhecido": 1}
    assert "funil/todos" in running.store.documents


def test_nothing_is_written_before_the_figures_know_what_the_documents_tell() -> None:
    running = Running()
    others = LiveFigures()
    running.enrichment.follow(others, NOON)
    take(others, click("a"))
    running.enrichment.advance()
    assert running.store.documents == {}
    running.enrichment.release()
    running.enrichment.advance()
    assert running.states() == {"desconhecido": 1}
    assert running.store.documents["funil/todos"]["desde"].timestamp() == NOON


def test_what_time_changes_is_written_each_time() -> None:
    running = Running()
    for _ in range(2):
        running.later(5)
        assert running.store.documents["funil/todos"]["contado_em"] == running.now
        assert running.store.documents["regioes/ativos"]["contado_em"] == running.now


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ended_is_told_and_another_one_begins() -> None:
    running = Running()
    defect = raising(ValueError("a defect"))
    running.source.before = defect
    take(running.figures, click("a"))
    running.enrichment.start()

    def is_told() -> bool:
        try:
            running.enrichment.release()
        except PermanentError:
            return True
        return False

    wait_until(is_told, "the end of the thread is told")
    running.source.before = lambda: None
    running.enrichment.start()
    wait_until(running.states, "another thread counts")
    running.enrichment.release()
    running.enrichment.stop()
    assert not running.is_alive()
