import csv
import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from tests.support.analytics import NOW, TODAY, filled_memory

from analytics_api.app import create_app
from analytics_api.day_reconciliation import explanation
from analytics_api.forms import (
    ARROW,
    CSV,
    FORMS_OF_ROWS,
    JSON,
    SHEET,
    as_csv,
    as_sheet,
    wanted,
)
from analytics_api.models import ResumoProduto
from analytics_api.routers import parameters
from warehouse.history.reconciled_row import Reconciled

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
"""What a formula may begin with."""
EVIL = '=cmd|"x",\n'
COLUMNS = tuple(ResumoProduto.model_fields)


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
    text = as_csv(COLUMNS, items).decode()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["id_produto", "total_vendido", "receita", "pedidos", "nome", "categoria"],
        [f"'{EVIL}", "-1", "-0.50", "0", "", ""],
        ['a,"b"', "2", "3.00", "1", "", ""],
    ]


PRODUCTS = st.builds(
    ResumoProduto,
    id_produto=st.text(),
    total_vendido=st.integers(-(10**9), 10**9),
    receita=st.decimals(-(10**9), 10**9, places=2),
    pedidos=st.integers(0, 10**9),
    nome=st.none() | st.text(st.sampled_from(SIGNS + ",;\t\r\n\"' \u00a0aç1.%")),
)


def read_back(text: str, separator: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


@given(st.lists(PRODUCTS, max_size=4))
def test_csv_reads_back_as_what_was_written(items: list[ResumoProduto]) -> None:
    header, *rows = read_back(as_csv(COLUMNS, items).decode(), ",")
    assert header == list(COLUMNS)
    assert [without_marks(row) for row in rows] == [cells(item) for item in items]


@given(st.lists(PRODUCTS, max_size=4))
def test_a_sheet_has_the_same_lines_with_decimal_commas(items: list[ResumoProduto]) -> None:
    body = as_sheet(COLUMNS, items)
    assert body.startswith(
        b"\xef\xbb\xbfid_produto;total_vendido;receita;pedidos;nome;categoria\r\n"
    )
    _, *rows = read_back(body.decode("utf-8-sig"), ";")
    told = [without_marks(row) for row in rows]
    money = [row[2] for row in told]
    assert money == [cells(item)[2].replace(".", ",") for item in items]
    assert [row[:2] + row[3:] for row in told] == [cells(i)[:2] + cells(i)[3:] for i in items]


def cells(item: ResumoProduto) -> list[str]:
    """What an item is in text, without marks before formulas."""
    told = item.model_dump(mode="json").values()
    return without_marks(["" if value is None else str(value) for value in told])


def without_marks(row: list[str]) -> list[str]:
    return [cell.replace("'", "") for cell in row]


@given(st.lists(PRODUCTS, min_size=1, max_size=4), st.sampled_from(",;\t"))
def test_no_spreadsheet_finds_a_formula_whatever_separator_it_takes(
    items: list[ResumoProduto], separator: str
) -> None:
    for body, right in ((as_csv(COLUMNS, items), ","), (as_sheet(COLUMNS, items), ";")):
        for row in read_back(body.decode("utf-8-sig"), separator):
            texts = (row[0], *row[4:]) if separator == right else row
            found = [text for text in texts if begins_a_formula(text)]
            assert all(separator != right and is_amount(text, right) for text in found), found


def begins_a_formula(cell: str) -> bool:
    return cell.lstrip(" ").startswith(("\t", "\r")) or cell.lstrip().startswith(tuple(SIGNS))


def is_amount(cell: str, separator: str) -> bool:
    """After a blank a number alone, or before a word; `separator` is that of the next column."""
    after = rf'\s+[^\W\d_].*|"?{separator}(-?\d+{separator}.*)?'
    return bool(re.fullmatch(rf"[ \u00a0]+[+-]\d([.,]?\d)*%?({after})?", cell, re.DOTALL))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("=1+1", "'=1+1", id="a formula"),
        pytest.param(" =1+1", " '=1+1", id="a formula after blanks"),
        pytest.param("Kit;=1+1", "Kit;'=1+1", id="one after a separator"),
        pytest.param("Kit\n@x", "Kit\n'@x", id="one on a line of its own"),
        pytest.param("\u00a0=1+1", "\u00a0'=1+1", id="one after a no-break space"),
        pytest.param("\uff1d1+1", "'\uff1d1+1", id="one in full width"),
        pytest.param("Kit; =1+1", "Kit; '=1+1", id="one after a separator and a blank"),
        pytest.param("Kit, \uff201", "Kit, '\uff201", id="the same in full width"),
        pytest.param("Kit; +1,2+A1", "Kit; '+1,2+A1", id="a sum after a separator and a blank"),
        pytest.param("Kit; +1, A1", "Kit; '+1, A1", id="two operands after them"),
        pytest.param("P, +10%", "P, +10%", id="a sign within a sentence"),
        pytest.param(
            "a, -1.234 pedidos, +R$ 5,00 de b",
            "a, -1.234 pedidos, +R$ 5,00 de b",
            id="amounts within a sentence",
        ),
        pytest.param("a-b=c", "a-b=c", id="signs within a word"),
    ],
)
def test_a_formula_is_text_to_spreadsheets(text: str, written: str) -> None:
    assert written_to_csv(text) == written


def written_to_csv(text: str) -> str:
    item = ResumoProduto(id_produto=text, total_vendido=1, receita=Decimal(1), pedidos=1)
    _, row = read_back(as_csv(COLUMNS, [item]).decode(), ",")
    return row[0]


def test_why_a_day_differs_is_written_as_it_is() -> None:
    sums = ("1000.00", "2255.00", "1255.00", "250.00", "0.00", "1000.00", "5.00")
    told = explanation(Reconciled(TODAY, "receita", *map(Decimal, sums), NOW))
    assert ", +R$ 1.000,00 de vendas" in told
    assert written_to_csv(told) == told


@pytest.mark.parametrize(
    ("formato", "accept", "form"),
    [
        ("json", CSV, JSON),
        ("csv", JSON, CSV),
        ("arrow", "image/png", ARROW),
        ("planilha", "image/png", SHEET),
    ],
)
def test_formato_wins_over_accept(formato: str, accept: str, form: str) -> None:
    with TestClient(create_app(filled_memory())) as client:
        headers = {"Accept": accept}
        answer = client.get("/vendas/mensais", params={"formato": formato}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, form)


def test_a_sheet_is_a_file_of_the_whole_list_and_is_not_sent_twice() -> None:
    with TestClient(create_app(filled_memory())) as client:
        url = "/vendas/mensais?formato=planilha&agrupar=regiao"
        answer = client.get(url)
        again = client.get(url, headers={"If-None-Match": answer.headers["etag"]})
        refused = client.get(f"{url}&limite=1")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="vendas-por-mes-e-regiao.csv"'
    )
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "mes;regiao;categoria;pedidos;unidades;receita;clientes;origem",
        "2025-05-01;RJ;;;4;200,00;;agregado",
        "2025-05-01;SP;;;8;1000,50;;agregado",
    ]
    assert (again.status_code, refused.status_code) == (304, 422)
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_longer_list_is_in_several_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "MOST_OF_A_SHEET", 3)
    with TestClient(create_app(filled_memory())) as client:
        url, products = "/vendas/resumo?formato=planilha", []
        while url:
            answer = client.get(url)
            products += [line.split(";")[0] for line in answer.text.splitlines()[1:]]
            target = answer.links.get("next", {}).get("url")
            url = f"/vendas/resumo{target}" if target else ""
    assert products == ["p001-caneca-esmaltada", "p002-mochila", "p003-fone", "p004-bone"]


@pytest.mark.parametrize("path", ["/qualidade", "/conciliacao", "/conciliacao/2025-05-13"])
def test_rows_are_to_be_had_as_csv_and_as_a_sheet_but_not_as_arrow(path: str) -> None:
    with TestClient(create_app(filled_memory())) as client:
        as_rows = client.get(path, headers={"Accept": CSV})
        sheet = client.get(path, params={"formato": "planilha"})
        arrow = client.get(path, headers={"Accept": ARROW})
        named = client.get(path, params={"formato": "arrow"})
    [plain, brazilian] = [
        read_back(as_rows.text, ","),
        read_back(sheet.content.decode("utf-8-sig"), ";"),
    ]
    assert (plain[0], len(plain)) == (brazilian[0], len(brazilian))
    assert len(plain) > 1
    assert (arrow.status_code, named.status_code) == (406, 422)
    assert arrow.json()["detail"] == f"to be had as {', '.join(FORMS_OF_ROWS)}"


def test_lines_of_quality() -> None:
    with TestClient(create_app(filled_memory())) as client:
        plain = client.get("/qualidade?formato=csv").text
        sheet = client.get("/qualidade?formato=planilha").content.decode("utf-8-sig")
    [row], [brazilian] = [
        list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
        for text, separator in ((plain, ","), (sheet, ";"))
    ]
    assert (row["valor"], row["bloqueante"], row["veredito"]) == ("0.0625", "true", "reprovada")
    assert (brazilian["valor"], brazilian["bloqueante"]) == ("0,0625", "sim")


def rows_of(answer: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pa.ipc.open_stream(answer.content).read_all().to_pylist()
    return rows


@pytest.mark.parametrize(
    "url",
    [
        "/vendas/diarias",
        "/vendas/diarias?agrupar=regiao&limite=1",
        "/vendas/mensais?limite=1",
        "/vendas/mensais?agrupar=categoria",
    ],
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
