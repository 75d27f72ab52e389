"""The deployables, as `deployables.toml` declares them."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["http-service", "consumer", "spark-application", "job", "operator"]
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
    demo_runs: tuple[tuple[str, ...], ...] = ()
    """The arguments of each run of a job that the demo does every few minutes, in their order."""
    final_exits: Mapping[int, str] = Field(default_factory=dict)
    """Exit codes after which it must not start again, and why not."""

    @property
    def package(self) -> str:
        """The name by which its code is imported."""
        return self.name.replace("-", "_")

    @property
    def address_prefix(self) -> str:
        """The prefix of its two variables for the address: `…_HOST` and `…_PORT`."""
        return "LISTEN" if self.kind == "http-service" else "HEALTH"

    @property
    def port_variable(self) -> str:
        """The variable that moves its port on one machine."""
        return f"VITRINE_{self.package.upper()}_PORT"

    @property
    def stores(self) -> tuple[str, ...]:
        """Those of its needs that are stores."""
        return tuple(need for need in self.needs if need in STORES)

    @property
    def after(self) -> tuple[str, ...]:
        """Those of its needs that are deployables: they must be ready first."""
        return tuple(need for need in self.needs if need not in STORES)

    @property
    def folder(self) -> str:
        """The folder of the repository that holds its Dockerfile."""
        return "spark-apps" if self.kind == "spark-application" else "services"

    @property
    def source(self) -> str:
        """Its own folder; there is one operator, in a folder of that name."""
        return "operator" if self.kind == "operator" else f"{self.folder}/{self.name}"

    def environment_with(self, values: Mapping[str, str]) -> dict[str, str]:
        """`environment` with the values of the names that it uses in braces."""
        return {name: text.format_map(values) for name, text in self.environment.items()}


def parse(text: str) -> dict[str, Deployable]:
    """The deployables of a table, by name. Raises TOMLDecodeError or ValidationError."""
    table = tomllib.loads(text)
    return {name: Deployable(name=name, **entry) for name, entry in table.items()}


DEPLOYABLES: Final = parse((files("vitrine_local") / "deployables.toml").read_text("utf-8"))
RUNNING: Final = {
    name: each
    for name, each in DEPLOYABLES.items()
    if each.port is not None and each.kind != "operator"
}
"""The deployables that run on one machine until they are stopped. The others are jobs, or need
Kubernetes."""
