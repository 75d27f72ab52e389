"""Who else scales a target: two that do would undo each other's work for ever."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from lag_scaler.kubernetes_api import Json, KubernetesApi, NotFoundError, in_namespace
from lag_scaler.shared_calls import SharedCalls
from lag_scaler.spec import Target
from service_runtime.errors import PermanentError

_KINDS: Final = (
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("keda.sh/v1alpha1", "scaledobjects", "ScaledObject"),
)


@dataclass(frozen=True, slots=True)
class ForeignScaler:
    """An autoscaler that is not ours, as `Kind name`, and what it scales."""

    title: str
    target: Target


class ForeignScalers:
    """The other autoscalers of one namespace, read once for all StreamScalers that ask within
    `max_age` seconds."""

    def __init__(
        self, kubernetes: KubernetesApi, namespace: str, *, clock: Callable[[], float]
    ) -> None:
        self._kubernetes = kubernetes
        self._namespace = namespace
        self._clock = clock
        self._read: tuple[float, Sequence[ForeignScaler]] | None = None
        self._reads = SharedCalls[None, Sequence[ForeignScaler]]()

    async def found(self, *, max_age: float) -> Sequence[ForeignScaler]:
        """The autoscalers, read at most `max_age` seconds ago or being read now. Raises what
        KubernetesApi raises."""
        if self._read is not None and self._clock() - self._read[0] <= max_age:
            return self._read[1]
        return await self._reads.outcome(None, self._all)

    async def _all(self) -> Sequence[ForeignScaler]:
        began = self._clock()
        scalers = [scaler for kind in _KINDS for scaler in await self._of_kind(*kind)]
        self._read = (began, scalers)
        return scalers

    async def _of_kind(self, api_version: str, plural: str, kind: str) -> list[ForeignScaler]:
        """Empty where the cluster does not know the kind: KEDA need not be installed."""
        try:
            listed = await self._kubernetes.get(in_namespace(api_version, self._namespace, plural))
        except NotFoundError:
            return []
        return [foreign_scaler(kind, item) for item in listed["items"]]


def foreign_scaler(kind: str, item: Json) -> ForeignScaler:
    """An item of a list of them; KEDA leaves out, or empty, what is a Deployment. Raises
    PermanentError for one that names no target."""
    title = f"{kind} {item['metadata']['name']}"
    reference = item["spec"].get("scaleTargetRef") or {}
    given = {field: value for field, value in reference.items() if value or field == "name"}
    try:
        return ForeignScaler(title, Target.model_validate(given))
    except ValidationError as error:
        raise PermanentError(f"{title} names no target") from error


def conflict(
    target: Target, *, foreign: Iterable[ForeignScaler], others: Iterable[str]
) -> str | None:
    """One sentence if something else scales the target; `others` are the names of the further
    StreamScalers that act on it."""
    titles = [f.title for f in foreign if f.target.key == target.key]
    titles += [f"StreamScaler {name}" for name in sorted(others)]
    return f"{target} is also scaled by {', '.join(titles)}." if titles else None
