"""The settings of lag-scaler."""

import socket
from typing import Final

from pydantic import Field

from service_runtime.settings import Port, RuntimeSettings

_REQUESTS_OF_A_ROUND: Final = 24
"""More than one round makes, one after the other: those for the target, the Lease, other scalers,
the names, Secrets and offsets of the source, the change and the status."""


class Settings(RuntimeSettings):
    """The namespace that is served, how often it is looked at, and who may write."""

    health_host: str = "127.0.0.1"
    health_port: Port = 8060

    namespace: str = Field(min_length=1)
    interval_seconds: float = Field(default=5.0, ge=0.5, le=60)
    """Between two looks at one StreamScaler."""
    status_seconds: float = Field(default=15.0, ge=0, le=600)
    """How old the figures of a status may be; what else changes in it is written at once."""
    request_timeout_seconds: float = Field(default=5.0, ge=1, le=60)
    """For an answer of Kafka or Kubernetes."""
    lease_name: str = Field(default="lag-scaler", min_length=1)
    """A Lease that exists; who holds it writes."""
    lease_seconds: int = Field(default=15, ge=5, le=300)
    """After which the Lease of a holder that is gone may be taken."""
    identity: str = Field(default_factory=socket.gethostname)
    """The name of this process in the Lease and in events; no two may share one."""

    @property
    def longest_round_seconds(self) -> float:
        """From the end of one round to that of the next, though every request takes its whole
        time."""
        return self.interval_seconds + _REQUESTS_OF_A_ROUND * self.request_timeout_seconds
