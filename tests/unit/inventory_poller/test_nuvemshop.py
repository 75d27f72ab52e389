"""The answers follow Nuvemshop's public documentation of its API v1; no shop was at hand."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError
from tests.support.adapter_round import json_response, read_again, run_round

from inventory_poller.adapters.contract import Request, Response, UnreadableError
from inventory_poller.adapters.nuvemshop import (
    PAGE_SIZE,
    NuvemshopAdapter,
    NuvemshopCredentials,
    NuvemshopSource,
)

GIVEN = {
    "id": "loja",
    "api": "nuvemshop",
    "url": "https://api.nuvemshop.com.br/v1/123456",
    "contact": "ti@loja.example",
}


def variant(number: int, stock: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "product_id": 1234,
        "price": "19.00",
        "stock_management": stock is not None,
        "stock": stock,
        "sku": f"BSG{number}",
        "values": [{"pt": "P"}],
        "updated_at": "2026-03-02T09:14:11-03:00",
        **changes,
    }


LOCATIONS = [
    {"location_id": "01GQ2ZHK064BQRHGDB7CCV0Y6N", "stock": 5},
    {"location_id": "01H0000000000000000000000A", "stock": None},
]
PRODUCTS = [
    {"id": 1234, "variants": [variant(101, 5), variant(102, None), variant(103, -2)]},
    {"id": 1235, "variants": [variant(112, 5, inventory_levels=LOCATIONS, sku=None)]},
    {"id": 1236, "variants": [variant(120, "five")]},
    {"id": 1237},
]


def adapter(**changes: Any) -> NuvemshopAdapter:
    source = NuvemshopSource.model_validate(GIVEN | changes)
    return NuvemshopAdapter(source, NuvemshopCredentials(token=SecretStr("t1")))


LEVELS = {
    (None, "101"): 5,
    (None, "102"): None,
    (None, "103"): 0,
    ("01GQ2ZHK064BQRHGDB7CCV0Y6N", "112"): 5,
    ("01H0000000000000000000000A", "112"): None,
}
"""What the products say."""


def shop(_request: Request) -> Response:
    return json_response(PRODUCTS, x_total_count="4")


def test_a_round_reads_variants_and_their_locations() -> None:
    done = run_round(adapter(), shop)
    assert done.levels == LEVELS
    assert done.skipped == ["tipo_errado", "tipo_errado"]
    assert done.requests[0].headers == {
        "Authentication": "bearer t1",
        "User-Agent": "Vitrine (ti@loja.example)",
    }


@pytest.mark.parametrize(
    ("product_id", "names"),
    [("product", {"1234", "1235"}), ("sku", {"BSG101", "BSG102", "BSG103", ""})],
)
def test_products_may_be_named_otherwise(product_id: str, names: set[str]) -> None:
    done = run_round(adapter(product_id=product_id), shop)
    assert {item.id_produto for item in done.items} == names


def test_the_next_round_asks_for_what_was_updated_since() -> None:
    first = run_round(adapter(), shop)
    query = parse_qs(urlsplit(run_round(adapter(), shop, cursor=first.cursor).targets[0]).query)
    assert query["updated_at_min"] == ["2026-03-02T11:55:00+00:00"]
    assert "updated_at_min" not in first.targets[0]


def test_a_page_behind_the_last_is_the_end() -> None:
    full = [{"id": n, "variants": []} for n in range(PAGE_SIZE)]
    error = {"code": 404, "message": "Not Found", "description": "Last page is 1"}
    answers = [json_response(full), json_response(error, status=404)]
    done = run_round(adapter(), lambda _: answers.pop(0))
    assert [parse_qs(urlsplit(t).query)["page"] for t in done.targets] == [["1"], ["2"]]
    assert done.cursor is not None


def missing(description: str) -> Response:
    error = {"code": 404, "message": "Not Found", "description": description}
    return json_response(error, status=404)


def test_a_shop_in_which_nothing_changed_has_no_first_page() -> None:
    done = run_round(adapter(), lambda _: missing("Last page is 0"), cursor="2026-03-02T10:00:00Z")
    assert (done.items, done.skipped) == ([], [])
    assert done.cursor == "2026-03-02T11:55:00+00:00"


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(missing("Store not found"), id="another reason"),
        pytest.param(json_response({"code": 404}, status=404), id="no reason"),
        pytest.param(Response(404, {}, b"<html>"), id="no JSON"),
    ],
)
def test_a_shop_that_is_not_there_is_a_failure(response: Response) -> None:
    with pytest.raises(UnreadableError):
        run_round(adapter(), lambda _: response)


def test_single_products_are_read_one_by_one_and_those_removed_are_left_out() -> None:
    answers = [json_response(PRODUCTS[0]), missing("Product with such id does not exist")]
    answers.append(json_response(PRODUCTS[1]))
    done = read_again(adapter(), [1234, 9, 1235], lambda _: answers.pop(0))
    assert done.levels == LEVELS
    assert done.targets == [f"/products/{n}?fields=id%2Cvariants" for n in (1234, 9, 1235)]
    assert done.requests[2].headers["Authentication"] == "bearer t1"


def test_a_single_product_of_another_shape_is_skipped() -> None:
    done = read_again(adapter(), [1237], lambda _: json_response(PRODUCTS[3]))
    assert (done.items, done.skipped) == ([], ["tipo_errado"])


def test_locations_have_the_names_of_the_settings() -> None:
    source = NuvemshopSource.model_validate(GIVEN | {"location_names": {"01GQ": "cd-sul"}})
    assert source.locations() == {"01GQ": "cd-sul"}


def test_the_url_names_the_shop() -> None:
    with pytest.raises(ValidationError, match="url"):
        NuvemshopSource.model_validate(GIVEN | {"url": "https://api.nuvemshop.com.br"})
