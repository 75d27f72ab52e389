"""kube-score takes most of a minute to build: other tests run meanwhile, and its own come last."""

import pytest
from tests.charts.programs import building_kube_score


def _needs_kube_score(item: pytest.Item) -> bool:
    return "kube_score" in item.name.replace("-", "_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_needs_kube_score)


@pytest.fixture(scope="session", autouse=True)
def _begin_to_build_kube_score(request: pytest.FixtureRequest) -> None:
    if any(map(_needs_kube_score, request.session.items)):
        building_kube_score()
