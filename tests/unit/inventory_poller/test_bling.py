"""The answers follow Bling's public documentation of its API v3; no account was at hand."""

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from tests.support.adapter_round import json_response, read_again, run_round

from inventory_poller.adapters.bling import BlingAdapter, BlingCredentials, BlingSource
from inventory_poller.adapters.contract import Request, Response, UnreadableError

PRODUCTS = [
    {"id": 901, "nome": "Caneca", "codigo": "CAN-1", "preco": 19.9, "tipo": "P", "situacao": "A"},
    {"id": 902, "nome": "Prato", "codigo": "PRA-1", "preco": 29.9, "tipo": "P", "situacao": "A"},
    {"nome": "sem id"},
]


def balance(number: int, total: float, *locations: tuple[int, float]) -> dict[str, Any]:
    return {
        "produto": {"id": number},
        "saldoFisicoTotal": total + 2,
        "saldoVirtualTotal": total,
        "depositos": [
            {"id": deposito, "saldoFisico": left + 1, "saldoVirtual": left}
            for deposito, left in locations
        ],
    }


class Account:
    """Bling: an access token holds until it is expired, a refresh token for one use."""

    def __init__(self) -> None:
        self.refresh_token = "r0"
        self.valid: str | None = None
        self.refreshes = 0

    def answer(self, request: Request) -> Response:
        url = urlsplit(request.target)
        if url.path == "/oauth/token":
            return self._tokens(request)
        if request.headers["Authorization"] != f"Bearer {self.valid}":
            return json_response({"error": {"type": "invalid_token"}}, status=401)
        if url.path == "/produtos":
            only = parse_qs(url.query).get("idsProdutos[]", [])
            listed = [each for each in PRODUCTS if not only or str(each.get("id")) in only]
            return json_response({"data": listed})
        if parse_qs(url.query)["idsProdutos[]"] == ["902"]:
            return json_response({"data": [balance(902, 3.0)]})
        assert parse_qs(url.query)["idsProdutos[]"] == ["901", "902"]
        balances = [balance(901, 10.0, (7, 6.0), (8, 4.5)), balance(902, -1.0), {"produto": 3}]
        return json_response({"data": balances})

    def _tokens(self, request: Request) -> Response:
        form = parse_qs((request.body or b"").decode())
        assert b64decode(request.headers["Authorization"].removeprefix("Basic ")) == b"id:secret"
        assert form == {"grant_type": ["refresh_token"], "refresh_token": [self.refresh_token]}
        self.refreshes += 1
        self.refresh_token, self.valid = f"r{self.refreshes}", f"a{self.refreshes}"
        return json_response(
            {
                "access_token": self.valid,
                "expires_in": 21600,
                "token_type": "Bearer",
                "scope": "98308 318257",
                "refresh_token": self.refresh_token,
            }
        )


def adapter(refresh_token: str = "r0", **changes: Any) -> BlingAdapter:
    given = {"id": "erp", "api": "bling", "url": "https://api.bling.com.br/Api/v3", **changes}
    credentials = BlingCredentials(
        client_id=SecretStr("id"),
        client_secret=SecretStr("secret"),
        refresh_token=SecretStr(refresh_token),
    )
    return BlingAdapter(BlingSource.model_validate(given), credentials)


def test_a_round_gets_a_token_and_reads_products_and_balances() -> None:
    done = run_round(adapter(), Account().answer)
    assert done.levels == {("7", "901"): 6, ("8", "901"): 4, (None, "902"): 0}
    assert done.skipped == ["tipo_errado", "tipo_errado"]
    assert [urlsplit(target).path for target in done.targets] == [
        "/oauth/token",
        "/produtos",
        "/estoques/saldos",
    ]


def test_products_may_be_named_by_their_code() -> None:
    done = run_round(adapter(product_id="codigo"), Account().answer)
    assert {item.id_produto for item in done.items} == {"CAN-1", "PRA-1"}


@pytest.mark.parametrize(("product_id", "name"), [("id", "902"), ("codigo", "PRA-1")])
def test_single_products_are_read_where_a_round_would_list_them(product_id: str, name: str) -> None:
    account = Account()
    [kept] = run_round(adapter(), account.answer).credentials
    done = read_again(adapter(product_id=product_id), [902, 999], account.answer, credential=kept)
    assert done.levels == {(None, name): 3}
    listed, balances = (urlsplit(target) for target in done.targets)
    assert (listed.path, balances.path) == ("/produtos", "/estoques/saldos")
    assert parse_qs(listed.query)["criterio"] == ["2"]
    assert done.credentials == []


def test_of_products_that_no_round_lists_no_balance_is_asked_for() -> None:
    done = read_again(adapter(), [999], Account().answer)
    assert [urlsplit(target).path for target in done.targets] == ["/oauth/token", "/produtos"]
    assert (done.items, len(done.credentials)) == ([], 1)


def test_a_whole_page_of_single_products_has_no_other_page() -> None:
    numbers = range(1, 101)

    def account(request: Request) -> Response:
        if request.target == "/oauth/token":
            return Account().answer(request)
        if request.target.startswith("/produtos"):
            return json_response({"data": [{"id": number} for number in numbers]})
        return json_response({"data": [balance(number, 1.0) for number in numbers]})

    done = read_again(adapter(), numbers, account)
    assert (len(done.levels), len(done.targets)) == (100, 3)


def test_the_tokens_are_kept_for_the_next_round() -> None:
    account = Account()
    [kept] = run_round(adapter(), account.answer).credentials
    again = run_round(adapter(), account.answer, credential=kept)
    assert account.refreshes == 1
    assert again.credentials == []


def test_an_access_token_that_expired_is_replaced_within_the_round() -> None:
    account = Account()
    [kept] = run_round(adapter(), account.answer).credentials
    account.valid = None
    done = run_round(adapter(), account.answer, credential=kept)
    assert account.refreshes == 2
    assert len(done.credentials) == 1
    assert len(done.levels) == 3


def test_a_refresh_token_that_is_configured_anew_wins() -> None:
    account = Account()
    [kept] = run_round(adapter(), account.answer).credentials
    account.refresh_token = "new"
    run_round(adapter("new"), account.answer, credential=kept)
    assert account.refreshes == 2


def test_a_new_access_token_that_is_refused_ends_the_round() -> None:
    account = Account()

    def refusing(request: Request) -> Response:
        answer = account.answer(request)
        account.valid = None
        return answer

    with pytest.raises(UnreadableError, match="access token"):
        run_round(adapter(), refusing)
