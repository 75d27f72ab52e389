"""The settings of the vitrine command: `VITRINE_*` variables, all with a default."""

import os
from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from vitrine_local.deployables import RUNNING
from vitrine_local.failure import LocalError
from vitrine_local.processes import MARK

HOST: Final = "127.0.0.1"
"""Everything listens here and nowhere else."""

Port = Annotated[int, Field(gt=0, lt=65536)]
_DEFAULT_PORTS: Final = {name: each.port or 0 for name, each in RUNNING.items()}


class _DeployablePorts(PydanticBaseSettingsSource):
    """The ports of the deployables, each moved by a variable such as VITRINE_ANALYTICS_API_PORT."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Unused: `__call__` returns all ports."""
        del field
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every port: the one that a variable gives, else the default."""
        moved = {n: os.environ.get(d.port_variable) for n, d in RUNNING.items()}
        given = {name: port for name, port in moved.items() if port is not None}
        return {"deployable_ports": _DEFAULT_PORTS | given}


class Settings(BaseSettings):
    """Where the state lives, which Java runs, and every port."""

    model_config = SettingsConfigDict(env_prefix="VITRINE_", extra="ignore", frozen=True)

    state_dir: Path = Path(".vitrine")
    cache_dir: Path | None = None
    """What was fetched, kept over `--fresh`; None is `cache` in the state folder."""
    java: Literal["auto", "system", "wheel"] = "auto"

    deployable_ports: dict[str, Port] = _DEFAULT_PORTS
    """Those of `deployables.toml`."""
    kafka_port: Port = 19092
    kafka_controller_port: Port = 19093
    postgres_port: Port = 15432
    redshift_port: Port = 15439
    mongo_port: Port = 17017
    s3_port: Port = 19000
    airflow_port: Port = 8090

    events_per_second: float = Field(default=50, gt=0)
    seed: int = 2025
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _no_two_share_a_port(self) -> Self:
        ports = {n: value for n, value in self.as_environment().items() if n.endswith("_PORT")}
        for port, number in Counter(ports.values()).items():
            if number > 1:
                names = " and ".join(name for name, own in ports.items() if own == port)
                raise ValueError(f"{names} are both {port}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _DeployablePorts(settings_cls)

    def url_of(self, name: str) -> str:
        """Where a deployable answers HTTP."""
        return f"http://{HOST}:{self.deployable_ports[name]}"

    def as_environment(self) -> dict[str, str]:
        """The variables that give another process these settings."""
        values = self.model_dump(mode="json", exclude_none=True, exclude={"deployable_ports"})
        ports = {RUNNING[n].port_variable: str(p) for n, p in self.deployable_ports.items()}
        return {f"VITRINE_{name.upper()}": str(value) for name, value in values.items()} | ports


_OF_OTHERS: Final = frozenset({"VITRINE_BUILDER", "VITRINE_BUILD_FLAGS", MARK})
"""Read by `make images`, and the mark of a part, such as Airflow, that runs `vitrine run`."""


def require_known_variables(environment: Iterable[str]) -> None:
    """Raise LocalError for a variable `VITRINE_*` that nothing reads, naming the nearest one."""
    known = {f"VITRINE_{field.upper()}" for field in Settings.model_fields}
    known |= {each.port_variable for each in RUNNING.values()} | _OF_OTHERS
    known -= {"VITRINE_DEPLOYABLE_PORTS"}
    for name in sorted(set(environment) - known):
        if name.startswith("VITRINE_"):
            nearest = get_close_matches(name, sorted(known), n=1, cutoff=0.0)[0]
            raise LocalError(f"{name} is no setting; the nearest is {nearest}")


def variable_of(location: tuple[int | str, ...]) -> str:
    """The variable of a ValidationError's location; `VITRINE_*` where it is about several."""
    first, *rest = map(str, location or ("*",))
    return RUNNING[rest[0]].port_variable if rest else f"VITRINE_{first}".upper()
