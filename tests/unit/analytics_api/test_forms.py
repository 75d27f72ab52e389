import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from tests.support.analytics import filled_memory

from analytics_api.app import create_app
from analytics_api.forms import ARROW, CSV, JSON, as_csv, wanted
from analytics_api.models import ResumoProduto

EVIL = '=cmd|"x",\n'


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        ("application/*", JSON),
        (ARROW, ARROW),
        (f"{ARROW};q=0.5, text/csv;q=0.6", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("*/*;q=0.1, application/json;q=0", CSV),
        ("application/json;q=0, application/*", ARROW),
        ("text/html", None),
        ("text/csv;q=0", None),
        ("text/csv;q=x", None),
        ("text/csv;q=7", None),
    ],
)
def test_wanted(accept: str, expected: str | None) -> None:
    assert wanted(accept) == expected


def test_csv_keeps_every_text_and_lets_no_spreadsheet_run_one() -> None:
    items = [
        ResumoProduto(id_produto=EVIL, total_vendido=-1, receita=Decimal("-0.50"), pedidos=0),
        ResumoProduto(id_produto='a,"b"', total_vendido=2, receita=Decimal(3), pedidos=1),
    ]
    text = as_csv(ResumoProduto, items).decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["id_produto", "total_vendido", "receita", "pedidos", "nome", "categoria"],
        [f"'{EVIL}", "-1", "-0.50", "0", "", ""],
        ['a,"b"', "2", "3.00", "1", "", ""],
    ]


def rows_of(answer: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.ipc.open_stream(answer.content).read_all().to_pylist()
    return rows


@pytest.mark.parametrize(
    "url",
    ["/vendas/diarias", "/vendas/diarias?agrupar=regiao&limite=1", "/vendas/mensais?limite=1"],
)
def test_all_forms_tell_the_same_of_past_days(url: str) -> None:
    assert_all_forms_tell_the_same(url)


@pytest.mark.parametrize("path", ["/vendas/resumo", "/produtos/mais_vendidos"])
@pytest.mark.parametrize("query", ["", "?limite=2", "?inicio=2025-05-13&id_produto=p003-fone"])
def test_all_forms_tell_the_same(path: str, query: str) -> None:
    assert_all_forms_tell_the_same(path + query)


def assert_all_forms_tell_the_same(url: str) -> None:
    with TestClient(create_app(filled_memory())) as client:
        answers = {form: client.get(url, headers={"Accept": form}) for form in (JSON, CSV, ARROW)}
    items = answers[JSON].json()["itens"]
    assert items
    lines = csv.DictReader(io.StringIO(answers[CSV].text, newline=""))
    assert list(lines) == [
        {name: "" if value is None else str(value) for name, value in i.items()} for i in items
    ]
    assert rows_of(answers[ARROW]) == [typed(i) for i in items]
    links = {answer.headers.get("link") for answer in answers.values()}
    assert len(links) == 1
    assert {answer.headers["vary"] for answer in answers.values()} == {"Accept"}
    assert len({answer.headers["etag"] for answer in answers.values()}) == 3


def typed(item: dict[str, Any]) -> dict[str, Any]:
    """An item of JSON with the types of Arrow."""
    days = {name: date.fromisoformat(item[name]) for name in ("dia", "mes") if name in item}
    return item | days | {"receita": Decimal(item["receita"])}


def test_arrow_has_the_types_of_the_warehouse_even_where_nothing_was_sold() -> None:
    with TestClient(create_app(filled_memory())) as client:
        asked = {"inicio": date(2031, 1, 1).isoformat()}
        answer = client.get("/vendas/resumo", params=asked, headers={"Accept": ARROW})
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.num_rows == 0
    assert table.schema == pa.schema(
        [
            ("id_produto", pa.string()),
            ("total_vendido", pa.int64()),
            ("receita", pa.decimal128(38, 2)),
            ("pedidos", pa.int64()),
            ("nome", pa.string()),
            ("categoria", pa.string()),
        ]
    )


def test_the_link_of_a_page_leads_to_the_next_one() -> None:
    with TestClient(create_app(filled_memory())) as client:
        url, products = "/vendas/resumo?limite=3&inicio=2025-05-01", []
        while url:
            answer = client.get(url, headers={"Accept": CSV})
            products += [line.split(",")[0] for line in answer.text.splitlines()[1:]]
            target = answer.links.get("next", {}).get("url")
            url = f"/vendas/resumo{target}" if target else ""
    assert products == ["p001-caneca-esmaltada", "p002-mochila", "p003-fone", "p004-bone"]


def test_a_form_that_is_none_of_ours_is_refused() -> None:
    with TestClient(create_app(filled_memory())) as client:
        answer = client.get("/vendas/resumo", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.headers["vary"]) == (406, "Accept")
    assert answer.headers["content-type"] == "application/problem+json"
    assert CSV in answer.json()["detail"]
