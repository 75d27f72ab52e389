import stat
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from inventory_poller.changes import Known
from inventory_poller.state import Progress, StateFile
from service_runtime.errors import PermanentError

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


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no database, and longer than the header of one" * 10)
    with pytest.raises(PermanentError, match="cannot open"):
        StateFile(tmp_path / "state")
