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
