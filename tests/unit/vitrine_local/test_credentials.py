import os
from multiprocessing import get_context
from pathlib import Path

from vitrine_local.credentials import load_credentials, write_secret


def test_secrets_are_made_once_and_differ_elsewhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    first = load_credentials(here)
    assert load_credentials(here) == first
    assert load_credentials(there) != first
    assert len(first.warehouse_password) >= 32


def test_a_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    load_credentials(tmp_path)
    write_secret(tmp_path / "mongo_url", "mongodb://one")
    write_secret(tmp_path / "mongo_url", "mongodb://two")
    assert (tmp_path / "mongo_url").read_text() == "mongodb://two"
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def _write_often(path: Path) -> None:
    for _ in range(200):
        write_secret(path, "mongodb://one")


def test_processes_may_write_a_secret_at_once(tmp_path: Path) -> None:
    """As two jobs that Airflow starts in the same moment do."""
    writers = [
        get_context("fork").Process(target=_write_often, args=(tmp_path / "mongo_url",))
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [os.EX_OK] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["mongo_url"]
