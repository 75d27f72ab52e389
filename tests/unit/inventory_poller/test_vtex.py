"""The answers follow VTEX's public documentation of its Catalog and Logistics APIs; no account was
at hand."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr
from tests.support.adapter_round import json_response, run_round

from inventory_poller.adapters import vtex
from inventory_poller.adapters.contract import Request, Response
from inventory_poller.adapters.vtex import VtexAdapter, VtexCredentials, VtexSource

CREDENTIALS = VtexCredentials(app_key=SecretStr("k"), app_token=SecretStr("t"))


def balance(location: str, total: Any, reserved: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "warehouseId": location,
        "warehouseName": "Estoque A",
        "totalQuantity": total,
        "reservedQuantity": reserved,
        "hasUnlimitedQuantity": False,
        "timeToRefill": None,
        **changes,
    }


BALANCES = {
    "1": [balance("1_1", 101, 9), balance("avl", 100, hasUnlimitedQuantity=True)],
    "2": [balance("1_1", 3, 5)],
    "3": [balance("1_1", "many"), balance("avl", 4)],
}


def account(request: Request) -> Response:
    url = urlsplit(request.target)
    if url.path == "/api/catalog_system/pvt/sku/stockkeepingunitids":
        page = int(parse_qs(url.query)["page"][0])
        return json_response([1, 2, 3, 4] if page == 1 else [])
    sku = url.path.removeprefix("/api/logistics/pvt/inventory/skus/")
    if sku not in BALANCES:
        return json_response("SKU not found", status=404)
    return json_response({"skuId": sku, "balance": BALANCES[sku]})


def test_a_round_reads_each_sku() -> None:
    done = run_round(VtexAdapter(CREDENTIALS), account)
    assert done.levels == {
        ("1_1", "1"): 92,
        ("avl", "1"): None,
        ("1_1", "2"): 0,
        ("avl", "3"): 4,
    }
    assert done.skipped == ["tipo_errado"]
    assert done.cursor == "1"
    assert len(done.requests) == 1 + 4
    headers = done.requests[-1].headers
    assert (headers["X-VTEX-API-AppKey"], headers["X-VTEX-API-AppToken"]) == ("k", "t")


def test_a_round_that_was_broken_off_goes_on_at_its_page() -> None:
    pages = {1: list(range(vtex.PAGE_SIZE)), 2: [1, 2], 3: []}
    call = VtexAdapter(CREDENTIALS)._list(1)
    following = call.read(json_response(pages[1])).next
    for _ in pages[1]:
        assert following is not None
        page = following.read(json_response({"skuId": "1", "balance": []}))
        following = page.next
    assert page.cursor == "2"
    done = run_round(VtexAdapter(CREDENTIALS), account, cursor=page.cursor)
    assert parse_qs(urlsplit(done.targets[0]).query)["page"] == ["2"]
    assert done.cursor == "1"


def test_locations_have_the_names_of_the_settings() -> None:
    source = VtexSource.model_validate(
        {
            "id": "loja",
            "api": "vtex",
            "url": "https://loja.vtexcommercestable.com.br",
            "location_names": {"1_1": "cd-sul"},
        }
    )
    assert source.locations() == {"1_1": "cd-sul"}
