import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from shutil import copy

import pytest

from inventory_poller.changes import Known
from inventory_poller.state import Progress, StateFile
from service_runtime.errors import PermanentError, TransientError

NOW = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
SETTINGS = "{}"


def test_what_was_saved_is_there_for_the_next_process(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "folder" / "state")
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-3)))
    seen = {("cd", "p1"): Known(5, elsewhere), ("cd", "p2"): Known(0, NOW)}
    state.save("loja", seen, Progress("c1", NOW), settings=SETTINGS)
    state.save("loja", {("cd", "p2"): Known(1, NOW)}, Progress("c2"), settings=SETTINGS)
    state.save_credential("loja", "t1")
    state.close()
    again = StateFile(tmp_path / "folder" / "state")
    assert again.stock("loja") == {"cd": {"p1": Known(5, NOW), "p2": Known(1, NOW)}}
    assert again.progress("loja") == Progress("c2")
    assert again.credential("loja") == "t1"
    again.close()


def test_a_source_that_is_not_known_begins_with_nothing(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    state.save("loja", {("cd", "p1"): Known(5, NOW)}, Progress("c1"), settings=SETTINGS)
    assert state.stock("outra") == {}
    assert state.progress("outra") == Progress()
    assert state.credential("outra") is None
    state.close()


def test_a_source_with_other_settings_is_read_from_the_beginning(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    for source in ("loja", "outra"):
        seen = {("cd", "p1"): Known(5, NOW)}
        state.save(source, seen, Progress("c1", NOW), settings=SETTINGS)
    state.forget_others("loja", settings=SETTINGS)
    assert state.progress("loja") == Progress("c1", NOW)
    assert state.stock("loja") == {"cd": {"p1": Known(5, NOW)}}
    state.forget_others("loja", settings='{"url": "other"}')
    assert (state.progress("loja"), state.stock("loja")) == (Progress(), {})
    assert (state.progress("outra"), len(state.stock("outra"))) == (Progress("c1", NOW), 1)
    state.close()


def test_nobody_else_reads_the_file(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    state.save_credential("loja", "t1")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    state.close()


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state")
    with pytest.raises(PermanentError, match="cannot open"):
        StateFile(tmp_path / "state")
    state.close()


def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    with pytest.raises(PermanentError, match="cannot open"):
        StateFile(tmp_path / "state")


def test_a_file_of_another_kind_is_moved_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = "no database, and longer than the header of one" * 10
    (tmp_path / "state").write_text(text)
    state = StateFile(tmp_path / "state")
    assert state.stock("loja") == {}
    assert (tmp_path / "state.broken").read_text() == text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    state.close()


PAGE = 4096
MANY = {("cd", f"p{number}"): Known(5, NOW) for number in range(500)}


def page_of(path: Path, table: str) -> int:
    connection = sqlite3.connect(path)
    query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
    [number] = connection.execute(query, (table,)).fetchone()
    connection.close()
    return int(number)


def break_page(path: Path, number: int) -> None:
    with path.open("r+b") as file:
        file.seek((number - 1) * PAGE)
        file.write(b"\xff" * PAGE)


def saved(path: Path) -> Path:
    state = StateFile(path)
    state.save("loja", MANY, Progress("c1", NOW), settings=SETTINGS)
    state.save_credential("loja", "t1")
    state.close()
    return path


def update(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


Use = Callable[[StateFile], object]


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda state: state.stock("loja"), id="reading"),
        pytest.param(
            lambda state: state.save("loja", MANY, Progress(), settings=SETTINGS), id="writing"
        ),
        pytest.param(
            lambda state: state.forget_others("loja", settings='{"other": 1}'), id="forgetting"
        ),
    ],
)
def test_a_broken_page_costs_everything_but_credentials(
    use: Use, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = saved(tmp_path / "state")
    break_page(path, page_of(path, "stock"))
    state = StateFile(path)
    with pytest.raises(TransientError, match="malformed"):
        use(state)
    assert (state.stock("loja"), state.progress("loja")) == ({}, Progress())
    assert state.credential("loja") == "t1"
    use(state)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert (tmp_path / "state.broken").exists()
    state.close()


def test_credentials_on_a_broken_page_are_lost(tmp_path: Path) -> None:
    path = saved(tmp_path / "state")
    break_page(path, page_of(path, "credentials"))
    state = StateFile(path)
    with pytest.raises(TransientError, match="malformed"):
        state.credential("loja")
    assert state.credential("loja") is None
    state.save_credential("loja", "t2")
    assert state.credential("loja") == "t2"
    state.close()


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE stock SET moment = 'yesterday' WHERE product = 'p7'", "no moment"),
        ("UPDATE stock SET moment = 7 WHERE product = 'p7'", "no moment"),
        ("UPDATE stock SET moment = CAST(x'ff' AS TEXT) WHERE product = 'p7'", "decode"),
    ],
)
def test_a_value_that_was_never_written_breaks_the_file(
    statement: str, problem: str, tmp_path: Path
) -> None:
    path = saved(tmp_path / "state")
    update(path, statement)
    state = StateFile(path)
    with pytest.raises(TransientError, match=problem):
        state.stock("loja")
    assert (state.stock("loja"), state.credential("loja")) == ({}, "t1")
    state.close()


def test_another_error_of_the_disk_is_waited_out(tmp_path: Path) -> None:
    path = saved(tmp_path / "state")
    state = StateFile(path)
    state._connection.execute("ALTER TABLE stock RENAME TO away")
    with pytest.raises(TransientError, match="no such table"):
        state.stock("loja")
    state._connection.execute("ALTER TABLE away RENAME TO stock")
    assert len(state.stock("loja")["cd"]) == len(MANY)
    assert not (tmp_path / "state.broken").exists()
    state.close()


def test_the_log_of_an_earlier_broken_file_is_not_applied(tmp_path: Path) -> None:
    path = saved(tmp_path / "state")
    earlier = StateFile(tmp_path / "earlier")
    earlier.save_credential("loja", "t0")
    copy(tmp_path / "earlier-wal", tmp_path / "state.broken-wal")
    earlier.close()
    break_page(path, page_of(path, "stock"))
    state = StateFile(path)
    with pytest.raises(TransientError):
        state.stock("loja")
    assert state.credential("loja") == "t1"
    state.close()


def test_a_source_that_was_loaded_before_is_read_from_the_beginning(tmp_path: Path) -> None:
    """The new file has only a part of its stock, so a cursor would hide the rest."""
    path = saved(tmp_path / "state")
    update(path, "UPDATE stock SET moment = 'yesterday' WHERE product = 'p7'")
    state = StateFile(path)
    state.forget_others("outra", settings=SETTINGS)
    with pytest.raises(TransientError):
        state.stock("loja")
    state.forget_others("loja", settings=SETTINGS)
    for source in ("loja", "outra"):
        seen = {("cd", "p1"): Known(5, NOW)}
        state.save(source, seen, Progress("c9", NOW), settings=SETTINGS)
    state.close()
    again = StateFile(path)
    assert again.progress("loja") == Progress("c9", NOW)
    assert (again.progress("outra"), len(again.stock("outra"))) == (Progress(), 1)
    again.close()
