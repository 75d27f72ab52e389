from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from tests.support.adapter_round import json_response, run_round

from inventory_poller.adapters.contract import Response, UnreadableError
from inventory_poller.adapters.generic import GenericAdapter, GenericCredentials, GenericSource

GIVEN = {
    "id": "cd",
    "api": "generic",
    "url": "https://wms.example/api",
    "path": "/stock?size=2",
    "items": "result.rows",
    "product": "sku",
    "level": "qty.total",
    "reserved": "qty.reserved",
    "moment": "changed",
    "location": "site",
    "location_names": {"SP": "cd-sp"},
    "next_page": "result.next",
}


def row(sku: Any, total: Any, reserved: Any = 0, changed: Any = "2026-03-02T11:00:00Z") -> Any:
    return {
        "sku": sku,
        "qty": {"total": total, "reserved": reserved},
        "changed": changed,
        "site": "SP",
    }


def page(*rows: Any, following: Any = None, **headers: str) -> Response:
    return json_response({"result": {"rows": rows, "next": following}}, **headers)


def adapter(**changes: Any) -> GenericAdapter:
    credentials = GenericCredentials(headers={"X-Key": SecretStr("k")})
    return GenericAdapter(GenericSource.model_validate(GIVEN | changes), credentials)


def test_a_round_reads_what_the_expressions_find() -> None:
    answers = [page(row("a", 5, 2), row(7, "3"), following="/api/stock?after=7"), page(row("b", 1))]
    done = run_round(adapter(), lambda _: answers.pop(0))
    assert done.levels == {("SP", "a"): 3, ("SP", "7"): 3, ("SP", "b"): 1}
    assert done.targets == [
        "https://wms.example/api/stock?size=2",
        "https://wms.example/api/stock?after=7",
    ]
    assert done.requests[1].headers == {"X-Key": "k"}


@pytest.mark.parametrize(
    ("wrong", "motivo"),
    [
        pytest.param(row(None, 5), "campo_ausente", id="no product"),
        pytest.param(row(["x"], 5), "tipo_errado", id="a product that is a list"),
        pytest.param(row("x", "many"), "tipo_errado", id="no number"),
        pytest.param(row("x", True), "tipo_errado", id="a boolean"),
        pytest.param(row("x", 5, "some"), "tipo_errado", id="reserved is no number"),
        pytest.param(row("x", 5, changed="yesterday"), "tipo_errado", id="no moment"),
        pytest.param(row("x", 5, changed=12), "tipo_errado", id="a moment that is a number"),
    ],
)
def test_a_wrong_item_is_left_out(wrong: Any, motivo: str) -> None:
    done = run_round(adapter(), lambda _: page(row("a", 5), wrong))
    assert done.levels == {("SP", "a"): 5}
    assert done.skipped == [motivo]


def test_a_null_level_is_not_tracked() -> None:
    assert run_round(adapter(), lambda _: page(row("a", None))).levels == {("SP", "a"): None}


def test_an_infinite_level_is_for_the_contract_to_refuse() -> None:
    assert run_round(adapter(), lambda _: page(row("a", "inf"))).levels == {("SP", "a"): -1}


def test_the_next_page_may_be_a_parameter() -> None:
    answers = [page(row("a", 5), following=2), page(row("b", 5))]
    done = run_round(adapter(next_parameter="page"), lambda _: answers.pop(0))
    assert done.targets[1] == "https://wms.example/api/stock?size=2&page=2"


def test_a_parameter_of_the_next_page_takes_the_place_of_the_one_before() -> None:
    answers = [page(following=2), page(following="a&b"), page()]
    paged = adapter(path="/stock?p%C3%A1gina=1&size=2", next_parameter="página")
    done = run_round(paged, lambda _: answers.pop(0))
    assert done.targets == [
        "https://wms.example/api/stock?p%C3%A1gina=1&size=2",
        "https://wms.example/api/stock?size=2&p%C3%A1gina=2",
        "https://wms.example/api/stock?size=2&p%C3%A1gina=a%26b",
    ]


def test_every_page_asks_for_what_changed_since() -> None:
    changes = {"path": "/estoque", "since_parameter": "desde", "next_parameter": "pagina"}
    first = run_round(adapter(**changes), lambda _: page())
    answers = [page(following=2), page(following=3), page()]
    again = run_round(adapter(**changes), lambda _: answers.pop(0), cursor=first.cursor)
    asked = "https://wms.example/api/estoque?desde=2026-03-02T11%3A55%3A00%2B00%3A00"
    assert again.targets == [asked, f"{asked}&pagina=2", f"{asked}&pagina=3"]


@pytest.mark.parametrize(
    ("location", "levels", "skipped"),
    [
        pytest.param("RJ", {("RJ", "a"): 5}, [], id="text"),
        pytest.param(7, {("7", "a"): 5}, [], id="a number"),
        pytest.param(None, {(None, "a"): 5}, [], id="null is the source itself"),
        pytest.param(True, {}, ["tipo_errado"], id="a boolean"),
        pytest.param(7.5, {}, ["tipo_errado"], id="a fraction"),
        pytest.param(["SP"], {}, ["tipo_errado"], id="a list"),
    ],
)
def test_a_location_is_a_text_or_a_whole_number(
    location: Any, levels: dict[Any, int], skipped: list[str]
) -> None:
    done = run_round(adapter(), lambda _: page(row("a", 5) | {"site": location}))
    assert (done.levels, done.skipped) == (levels, skipped)


def test_validators_of_an_only_page_make_the_next_round_conditional() -> None:
    validators = {"etag": '"e"', "last_modified": "Mon, 02 Mar 2026 11:00:00 GMT"}
    first = run_round(adapter(), lambda _: page(row("a", 5), **validators))
    again = run_round(adapter(), lambda _: Response(304, {}, b""), cursor=first.cursor)
    assert again.requests[0].headers == {
        "X-Key": "k",
        "If-None-Match": '"e"',
        "If-Modified-Since": "Mon, 02 Mar 2026 11:00:00 GMT",
    }
    assert (again.items, again.cursor) == ([], first.cursor)


def test_304_without_a_condition_is_no_answer() -> None:
    with pytest.raises(AssertionError):
        run_round(adapter(), lambda _: Response(304, {}, b""))


def test_validators_of_one_page_of_several_are_not_used() -> None:
    answers = [page(row("a", 5), following="/x", etag='"e"'), page(row("b", 5), etag='"f"')]
    first = run_round(adapter(), lambda _: answers.pop(0))
    again = run_round(adapter(), lambda _: page(), cursor=first.cursor)
    assert again.requests[0].headers == {"X-Key": "k"}


def test_a_round_may_ask_for_what_changed_since_five_minutes_before_the_last() -> None:
    first = run_round(adapter(since_parameter="since"), lambda _: page(etag='"e"'))
    again = run_round(adapter(since_parameter="since"), lambda _: page(), cursor=first.cursor)
    assert first.targets == ["https://wms.example/api/stock?size=2"]
    assert again.targets == [
        "https://wms.example/api/stock?size=2&since=2026-03-02T11%3A55%3A00%2B00%3A00"
    ]
    assert again.requests[0].headers == {"X-Key": "k"}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        pytest.param({"result": {"rows": {}}}, "no list", id="items that are no list"),
        pytest.param({"other": 1}, "no list", id="no items"),
        pytest.param({"result": {"rows": [], "next": {"x": 1}}}, "next page", id="no text"),
    ],
)
def test_a_document_of_another_shape_is_refused(document: Any, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        run_round(adapter(), lambda _: json_response(document))


def test_an_expression_that_fails_on_a_document_refuses_it() -> None:
    with pytest.raises(UnreadableError, match="does not fit"):
        run_round(adapter(items="sort(result)"), lambda _: page())


def test_a_wrong_expression_is_a_wrong_setting() -> None:
    with pytest.raises(ValidationError, match="JMESPath"):
        adapter(level="qty[")
