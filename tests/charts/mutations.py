"""Deliberately broken objects, by which the checkers are themselves checked."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml
from tests.support.helm import Manifest, title


@dataclass(frozen=True)
class Mutation:
    """A change to the objects that `subject` names, and the rules that `at` then breaks."""

    subject: str
    place: str
    change: Mapping[str, Any]
    breaks: Mapping[str, list[str]] = field(hash=False)
    at: str

    def applied(self, objects: list[Manifest]) -> list[Manifest]:
        """The same objects, changed in place; and a bare pod, where that is the subject."""
        chosen = [o for o in objects if fnmatch.fnmatch(title(o), self.subject)]
        if not chosen:
            chosen = [_BARE_POD] if self.subject == "Pod/bare" else []
            objects = [*objects, *chosen]
        assert chosen, f"{self.subject} is not among the objects"
        for item in chosen:
            _merge(_PLACES[self.place](item), self.change)
        return objects


_BARE_POD: Final[Manifest] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "bare", "namespace": "vitrine"},
    "spec": {"containers": [{"name": "bare", "image": "bare:1"}]},
}
_FILE: Final = Path(__file__).parent / "mutations.yaml"


def pod_spec(item: Manifest) -> dict[str, Any]:
    """The pod's spec of a workload of any kind."""
    spec: dict[str, Any] = item["spec"]
    while "containers" not in spec:
        spec = (spec.get("jobTemplate") or spec["template"])["spec"]
    return spec


_PLACES: Final = {
    ".": lambda item: item,
    "pod": pod_spec,
    "container": lambda item: pod_spec(item)["containers"][0],
}


def _merge(into: dict[str, Any], change: Mapping[str, Any]) -> None:
    for key, value in change.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


MUTATIONS: Final = tuple(
    Mutation(
        subject=entry["subject"],
        place=entry["in"],
        change=entry["set"],
        breaks=entry["breaks"],
        at=entry.get("at", entry["subject"]),
    )
    for entry in yaml.safe_load(_FILE.read_text())
)
