"""The spec of a StreamScaler, as the API server has checked it and filled in its defaults."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from lag_scaler.law import Override, Peak, ScalingPolicy, WithoutData
from service_runtime.errors import PermanentError
from service_runtime.settings import KafkaSecurity

GROUP: Final = "vitrine.dev"
VERSION: Final = "v1alpha1"
PLURAL: Final = "streamscalers"
SPARK_STREAM: Final = ("v1", "ConfigMap")
"""API version and kind of what stands for a Spark stream."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel)


class Mode(StrEnum):
    """What the operator may do."""

    OBSERVE = "Observe"
    RECOMMEND = "Recommend"
    ACT = "Act"


class Target(_Part):
    """What is scaled."""

    api_version: str = "apps/v1"
    kind: str = "Deployment"
    name: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What is the same for every version of its API: group, kind and name."""
        group, _, _ = self.api_version.rpartition("/")
        return group, self.kind, self.name

    @property
    def is_spark_stream(self) -> bool:
        """Whether its replicas are executors."""
        return (self.api_version, self.kind) == SPARK_STREAM

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Key(_Part):
    """A key of a Secret or a ConfigMap."""

    name: str
    key: str


class Security(_Part):
    """How the brokers are reached."""

    protocol: KafkaSecurity = "plaintext"
    username: str | None = None
    password_secret: Key | None = None
    ca_secret: Key | None = None
    ca_config_map: Key | None = None
    certificate_secret: Key | None = None
    key_secret: Key | None = None


class Source(_Part):
    """The consumer group, and the brokers that know it."""

    bootstrap_servers: str | None = None
    bootstrap_servers_config_map: Key | None = None
    group: str
    topics: tuple[str, ...]
    security: Security = Security()


class _Objective(_Part):
    max_lag_seconds: int = 30
    drain_deadline_seconds: int = 60
    target_utilization: int = 80


class _Bounds(_Part):
    min_replicas: int = 1
    max_replicas: int


class _Stability(_Part):
    scale_down_window_seconds: int = 600
    start_up_seconds: int = 30


class _WithoutData(_Part):
    floor: int | None = None


class _Peak(_Part):
    name: str
    start: AwareDatetime
    end: AwareDatetime
    replicas: int
    lead_seconds: int = 300


class _Override(_Part):
    replicas: int
    until: AwareDatetime
    reason: str


class StreamScalerSpec(_Part):
    """All that people ask of one StreamScaler."""

    mode: Mode = Mode.RECOMMEND
    target: Target
    source: Source
    objective: _Objective = _Objective()
    bounds: _Bounds
    stability: _Stability = _Stability()
    without_data: _WithoutData = _WithoutData()
    peaks: tuple[_Peak, ...] = ()
    override: _Override | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Raises PermanentError for a document that the CRD would refuse."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise PermanentError(f"spec: {error}") from error

    @property
    def policy(self) -> ScalingPolicy:
        """What the law goes by."""
        return ScalingPolicy(
            max_lag_seconds=float(self.objective.max_lag_seconds),
            drain_deadline_seconds=float(self.objective.drain_deadline_seconds),
            target_utilization=self.objective.target_utilization / 100,
            min_replicas=self.bounds.min_replicas,
            max_replicas=self.bounds.max_replicas,
            scale_down_window_seconds=float(self.stability.scale_down_window_seconds),
            start_up_seconds=float(self.stability.start_up_seconds),
            without_data=WithoutData(floor=self.without_data.floor),
            peaks=tuple(Peak(**peak.model_dump()) for peak in self.peaks),
            override=Override(**self.override.model_dump()) if self.override else None,
        )
