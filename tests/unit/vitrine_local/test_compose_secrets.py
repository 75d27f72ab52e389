"""The secrets that the containers of docker-compose.yml find in their volume."""

from configparser import ConfigParser
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from vitrine_local import compose_secrets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    return tmp_path


def _texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_later_start_changes_none(folder: Path) -> None:
    compose_secrets.main()
    first = _texts(folder)
    compose_secrets.main()
    assert _texts(folder) == first


def test_each_is_in_the_form_that_is_read(folder: Path) -> None:
    compose_secrets.main()
    made = _texts(folder)
    mongo = parse_uri(made["mongo_url"])
    assert (mongo["username"], mongo["password"]) == ("vitrine", made["mongo_password"])
    aws = ConfigParser()
    aws.read(folder / "credentials")
    assert aws["default"]["aws_secret_access_key"] == made["aws_secret_access_key"]
    assert made["warehouse_password"] not in (made["mongo_password"], "")


def test_the_containers_other_users_read_them_and_none_writes_them(folder: Path) -> None:
    compose_secrets.main()
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
