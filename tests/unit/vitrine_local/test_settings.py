from pathlib import Path

import pytest
from pydantic import ValidationError

from vitrine_local import folder_lock, main
from vitrine_local.failure import LocalError
from vitrine_local.layout import Layout
from vitrine_local.settings import Settings, require_known_variables, variable_of


def test_the_addresses_that_people_know() -> None:
    ports = Settings().deployable_ports
    assert (ports["analytics-api"], ports["event-producer"]) == (8000, 8001)


def test_settings_travel_to_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Settings().deployable_ports | {"analytics-api": 8100}
    settings = Settings(state_dir=Path("elsewhere"), deployable_ports=ports, events_per_second=7.5)
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


def test_two_parts_on_one_port_are_named() -> None:
    ports = Settings().deployable_ports | {"analytics-api": 19092}
    both = "VITRINE_KAFKA_PORT and VITRINE_ANALYTICS_API_PORT are both 19092"
    with pytest.raises(ValidationError, match=both):
        Settings(deployable_ports=ports)


def test_a_command_in_another_folder_finds_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    layout = Layout.of(settings)
    layout.create()
    with folder_lock.hold(layout):
        folder_lock.publish_settings(layout, settings)
        monkeypatch.chdir("/")
        found = folder_lock.settings_of_holder(layout, settings)
        assert Layout.of(found) == layout


def test_a_start_finds_nothing_temporary(tmp_path: Path) -> None:
    layout = Layout.of(Settings(state_dir=tmp_path / "state"))
    layout.create()
    (layout.temporary / "left").mkdir()
    (layout.temporary / "left" / "part").touch()
    layout.empty_temporary()
    assert list(layout.temporary.iterdir()) == []


def test_a_part_begins_with_nothing_temporary_of_its_own(tmp_path: Path) -> None:
    layout = Layout.of(Settings(state_dir=tmp_path / "state"))
    layout.create()
    for name in ("kafka", "s3"):
        layout.renew_temporary_of(name)
        (layout.temporary_of(name) / "left").touch()
    layout.renew_temporary_of("s3")
    assert [path.name for path in layout.temporary.rglob("left")] == ["left"]
    assert list(layout.temporary_of("s3").iterdir()) == []


def test_fresh_spares_what_was_fetched(tmp_path: Path) -> None:
    layout = Layout.of(Settings(state_dir=tmp_path / "state"))
    layout.create()
    (layout.cache / "jar").touch()
    (layout.data / "row").touch()
    (layout.secrets / "password").touch()
    layout.clear()
    layout.create()
    assert [path.name for path in layout.root.rglob("*") if path.is_file()] == ["jar"]
    assert layout.secrets.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("VITRINE_ANALYTICS_API_PORT", "many", id="of a deployable"),
        pytest.param("VITRINE_KAFKA_PORT", "0", id="of a store"),
    ],
)
def test_an_error_names_the_variable(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert variable_of(caught.value.errors()[0]["loc"]) == variable


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("VITRINE_KAFKA_PROT", "VITRINE_KAFKA_PORT"),
        ("VITRINE_ANALYTICS_PORT", "VITRINE_ANALYTICS_API_PORT"),
        ("VITRINE_STATEDIR", "VITRINE_STATE_DIR"),
        ("VITRINE_BUILDERS", "VITRINE_BUILDER"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_nearest_known_one(
    variable: str, nearest: str
) -> None:
    with pytest.raises(LocalError, match=f"^{variable} is no setting; the nearest is {nearest}$"):
        require_known_variables(["PATH", variable])


def test_every_variable_that_is_read_is_known() -> None:
    read = Settings(cache_dir=Path("cache")).as_environment()
    require_known_variables([*read, "VITRINE_BUILDER", "VITRINE_BUILD_FLAGS", "HOME"])
    assert "VITRINE_CACHE_DIR" in read


@pytest.mark.parametrize(
    ("variables", "code", "message"),
    [
        pytest.param({}, 3, "vitrine: nothing runs in", id="nothing runs"),
        pytest.param({"VITRINE_SEDE": "1"}, 1, "the nearest is VITRINE_SEED", id="mistyped"),
    ],
)
def test_an_audit_that_cannot_be_made_has_an_exit_code_of_its_own(
    variables: dict[str, str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["vitrine", "audit"])
    for name, value in ({"VITRINE_STATE_DIR": str(tmp_path)} | variables).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == code
    assert message in capsys.readouterr().err
