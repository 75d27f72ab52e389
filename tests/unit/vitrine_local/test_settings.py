from pathlib import Path

import pytest
from pydantic import ValidationError

from vitrine_local.layout import Layout
from vitrine_local.settings import Settings, variable_of


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
