"""Requests made up from the OpenAPI document of a running service."""

from collections.abc import Iterator
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

Paths = tuple[str, ...]

_FEW: Final = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""Seconds for each operation, and the same requests each time."""

_CONFIG: Final = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": ["4XX"]}}}
)
"""By itself it takes 413 for accepted, which a body with too many elements may well be told."""


def check_document(
    url: str, *, left_out: Paths = (), lenient: Paths = (), token: str | None = None
) -> int:
    """Ask for all that the document of a service allows, and for what it forbids, and compare
    status, headers and body with the document; how many requests that were. Paths that begin
    with one of `left_out` are not asked for, those of `lenient` may take what is forbidden. Where
    a token is asked for, this one is sent, and none and a wrong one too."""
    return sum(
        _check(operation, lenient=operation.path.startswith(lenient), token=token)
        for operation in _operations(url, left_out)
    )


def _operations(url: str, left_out: Paths) -> Iterator[Any]:
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json", config=_CONFIG)
    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith(left_out):
            yield operation


def _check(operation: Any, *, lenient: bool, token: str | None) -> int:
    asked = 0
    secured = bool(operation.definition.raw.get("security"))
    headers = {"Authorization": f"Bearer {token}"} if secured else {}
    # No schema says that a period must not end before it begins, or no event is of tomorrow.
    excluded = [positive_data_acceptance, *([negative_data_rejection] if lenient else [])]

    def ask(case: Case) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(excluded_checks=excluded, headers=headers, timeout=20)

    for mode in _modes(operation):
        strategy = operation.as_strategy(generation_mode=mode)
        _FEW(given(strategy)(ask))()
    return asked


def _modes(operation: Any) -> list[GenerationMode]:
    """Where nothing is asked for, nothing can be wrong."""
    takes = bool(list(operation.iter_parameters())) or bool(operation.body)
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if takes else [])]
