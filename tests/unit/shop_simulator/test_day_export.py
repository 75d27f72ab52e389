"""The files of a day: read back they hold what was sold, and the record says so."""

from collections import Counter
from dataclasses import astuple, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest
from tests.support.exports import FORMATS_BY_NAME, Row, clean, read_back

from shop_simulator.day_export import Export, exports_of, history_days
from shop_simulator.export_faults import ExportFault, ExportRow, with_faults
from shop_simulator.export_formats import COLUMNS, FORMATS, Format, catalogue_text
from shop_simulator.export_packing import Packer
from shop_simulator.export_record import decode_days
from shop_simulator.history import History, SalesLine
from shop_simulator.record import encode_entries
from shop_simulator.shop_factory import build_shop

SHOP = build_shop(7, customers=500)
HISTORY = History(SHOP, seed=7, orders_a_day=60)
TODAY = date(2026, 11, 29)
DAYS = history_days(TODAY, days=90)
LINES = HISTORY.sales_of(DAYS[0])


@pytest.fixture(scope="module")
def packer() -> Packer:
    return Packer()


def export_in(form: Format) -> Export:
    """The lines and a row of every kind that is wrong, one of them above a thousand."""
    dear = replace(LINES[0], id_pedido="dear", preco=Decimal("1234567.80"))
    rows, faults = [ExportRow(dear)], Counter[ExportFault]()
    for number, kind in enumerate(form.faults):
        more, found = with_faults(LINES, Random(number), kinds=[kind])
        rows, faults = rows + more, faults + found
    return Export("a", form, rows, faults)


def expected_rows(export: Export) -> list[Row]:
    return [expected_row(row) for row in export.rows]


def expected_row(row: ExportRow) -> Row:
    fields = list(astuple(row.line))
    if row.price_text is not None:
        fields[COLUMNS.index("preco")] = row.price_text or None
    return tuple(fields)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_reads_back_as_the_rows(packer: Packer, form: Format) -> None:
    export = export_in(form)
    assert set(export.faults) == set(form.faults)
    assert read_back(packer.content(export), form) == expected_rows(export)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_same_rows_give_the_same_bytes(packer: Packer, form: Format) -> None:
    export = export_in(form)
    assert packer.content(export) == packer.content(export) == Packer().content(export)


def test_what_is_brazilian() -> None:
    form = FORMATS_BY_NAME["csv-windows-1252"]
    rows = [ExportRow(replace(LINES[0], preco=Decimal("1234.50")))] * 40
    text = Packer().content(Export("a", form, rows, {})).decode("cp1252")
    assert text.startswith(";".join(COLUMNS) + ";observacao\r\n")
    assert f";1.234,50;{LINES[0].data:%d/%m/%Y %H:%M:%S};{LINES[0].regiao};\r\n" in text
    assert text.endswith('"Entregar à tarde;\nnão há porteiro, chamar ""Zé"""\r\n')


def test_duckdb_reads_the_same_sums_from_parquet(packer: Packer, tmp_path: Path) -> None:
    lines = [ExportRow(line) for line in LINES]
    path = tmp_path / "a.parquet"
    path.write_bytes(packer.content(Export("a", FORMATS_BY_NAME["parquet"], lines, {})))
    sums = "count(*), sum(quantidade), sum(quantidade * preco), min(epoch(data))::BIGINT"
    found = duckdb.sql(f"SELECT {sums} FROM '{path}'").fetchall()
    revenue = sum(line.quantidade * line.preco for line in LINES)
    units = sum(line.quantidade for line in LINES)
    assert found == [(len(LINES), units, revenue, int(LINES[0].data.timestamp()))]


def test_the_days_before_today() -> None:
    assert (len(DAYS), DAYS[0], DAYS[-1]) == (90, date(2026, 8, 31), date(2026, 11, 28))
    assert history_days(TODAY, days=0) == []


def test_the_record_says_what_is_in_the_files_of_ninety_days(packer: Packer) -> None:
    formats: Counter[str] = Counter()
    dirty: Counter[str] = Counter()
    for day in DAYS:
        lines = HISTORY.sales_of(day)
        exports, entry = exports_of(day, lines, seed=7)
        files = [read_back(packer.content(each), each.form) for each in exports]
        sales = clean(files)
        assert {row[:2] for row in sales} == {(line.id_pedido, line.id_produto) for line in lines}
        assert entry.dia == day
        assert entry.linhas == len(sales)
        assert entry.pedidos == len({row[0] for row in sales})
        assert entry.unidades == sum(row[3] for row in sales)
        assert entry.receita == sum(row[3] * row[4] for row in sales)
        for file, rows in zip(entry.arquivos, files, strict=True):
            assert file.arquivo.startswith(f"vendas/data={day}/")
            assert file.linhas == len(rows)
            refused = sum(file.sujas.values()) - file.sujas.get("repeated", 0)
            assert refused == sum(not clean([[row]]) for row in rows)
            assert len(clean([rows])) == len(rows) - sum(file.sujas.values())
            formats[file.formato] += 1
            dirty.update(file.sujas)
    assert formats.keys() == FORMATS_BY_NAME.keys()
    assert dirty.keys() == set(ExportFault)
    assert formats.total() > 110


def test_paths_are_in_the_order_of_their_precedence() -> None:
    for day in DAYS:
        paths = [each.path for each in exports_of(day, HISTORY.sales_of(day), seed=7)[0]]
        assert paths == sorted(paths)
        assert len(set(paths)) == len(paths)


def test_an_order_is_in_one_file_or_corrected_in_the_last() -> None:
    seen = Counter(len(exports_of(day, HISTORY.sales_of(day), seed=7)[0]) for day in DAYS)
    assert set(seen) == {1, 2, 3}
    for day in DAYS:
        exports, _ = exports_of(day, HISTORY.sales_of(day), seed=7)
        first, *others = [e for e in exports if "correcao" not in e.path]
        orders = {row.line.id_pedido for row in first.rows}
        assert not any(row.line.id_pedido in orders for other in others for row in other.rows)


def test_the_last_file_corrects_prices() -> None:
    for day in DAYS:
        lines = HISTORY.sales_of(day)
        exports, entry = exports_of(day, lines, seed=7)
        lowered = sum(
            (row.line.quantidade * row.line.preco / 9 for row in exports[-1].rows)
            if "correcao" in exports[-1].path
            else (),
            Decimal(0),
        )
        revenue = sum(line.quantidade * line.preco for line in lines)
        assert revenue - entry.receita == pytest.approx(lowered, abs=Decimal("0.5"))


def test_another_seed_makes_other_files() -> None:
    assert exports_of(DAYS[0], LINES, seed=7) == exports_of(DAYS[0], LINES, seed=7)
    assert exports_of(DAYS[0], LINES, seed=8)[0] != exports_of(DAYS[0], LINES, seed=7)[0]


def test_a_day_without_sales() -> None:
    exports, entry = exports_of(DAYS[0], [], seed=7)
    assert [export.rows for export in exports] == [[]]
    assert (entry.linhas, entry.receita) == (0, 0)


def test_the_record_reads_back_and_the_last_entry_counts() -> None:
    first, second = (exports_of(DAYS[0], lines, seed=7)[1] for lines in (LINES[:5], LINES))
    written = encode_entries([first, second]) + b'{"dia": "20'
    assert decode_days(written.splitlines(keepends=True)) == {DAYS[0]: second}


def test_the_catalogue() -> None:
    header, first, *others = catalogue_text(SHOP.products).decode().splitlines()
    product = SHOP.products[0]
    assert header == "id_produto,nome,categoria,preco_lista"
    cells = (product.id_produto, product.name, product.category, str(product.price))
    assert first == ",".join(cells)
    assert len(others) == 63
    assert any("ç" in line for line in others)


def lines_of(rows: list[ExportRow]) -> list[SalesLine]:
    return [row.line for row in rows]


def test_faults_stand_beside_the_sales() -> None:
    rows, faults = with_faults(LINES, Random(5), kinds=list(ExportFault))
    assert len(rows) == len(LINES) + faults.total()
    assert 0 < faults.total() <= 6
    left = iter(lines_of(rows))
    assert all(line in left for line in LINES)
