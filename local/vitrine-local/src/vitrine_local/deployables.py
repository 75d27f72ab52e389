"""The deployables, as `deployables.toml` declares them."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["http-service", "consumer", "spark-application", "job"]
STORES: Final = ("kafka", "warehouse", "mongodb", "s3")


class Deployable(BaseModel):
    """One program with an image and a chart of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    port: int | None = Field(default=None, gt=0, lt=65536)
    """Where it answers `/readyz`; None for what runs to its end."""
    needs: tuple[str, ...] = ()
    """Stores, and other deployables that must be ready first."""
    demo: bool = False
    """Whether it belongs to the demo shop and is absent where real customers are."""
    volume: str | None = None
    """Name of its volume under Docker Compose, for what it keeps in `{data}`."""
    environment: Mapping[str, str] = Field(default_factory=dict)
    """Variables that follow neither from `port` nor from `needs`. A value may name `{data}`,
    `{data_url}`, `{bucket}` and, as a URL, another deployable."""
    local: Mapping[str, str] = Field(default_factory=dict)
    """The same for the local platform alone, where `{seed}` and `{events_per_second}` are known."""
    final_exits: Mapping[int, str] = Field(default_factory=dict)
    """Exit codes after which it must not start again, and why not."""

    @property
    def package(self) -> str:
        """The name by which its code is imported."""
        return self.name.replace("-", "_")

    @property
    def address_prefix(self) -> str:
        """Of the two variables that say where it listens: `…_HOST` and `…_PORT`."""
        return "LISTEN" if self.kind == "http-service" else "HEALTH"

    @property
    def port_variable(self) -> str:
        """The variable that moves its port on one machine."""
        return f"VITRINE_{self.package.upper()}_PORT"

    @property
    def stores(self) -> tuple[str, ...]:
        """Those of its needs that are stores."""
        return tuple(need for need in self.needs if need in STORES)


def parse(text: str) -> dict[str, Deployable]:
    """The deployables of a table, by name. Raises TOMLDecodeError or ValidationError."""
    table = tomllib.loads(text)
    return {name: Deployable(name=name, **entry) for name, entry in table.items()}


DEPLOYABLES: Final = parse((files("vitrine_local") / "deployables.toml").read_text("utf-8"))
RUNNING: Final = {name: each for name, each in DEPLOYABLES.items() if each.port is not None}
"""Those that go on running; the others run to their end."""
