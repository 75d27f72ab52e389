"""Files of sales of every kind, and decision tables: each table is one file."""

import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.cleaned import HEADER, NOW, RULES, rows, written

from batch_etl.bad_file import BadFileError
from batch_etl.csv_rows import MAX_RECORD_BYTES
from batch_etl.layout import Rules
from batch_etl.sales_file import SALES, read_sales

COMMA, POINT = "10,5", "10.5"
SALE = "1,p,1,1,2025-05-14,,"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("told", "prices"),
    [
        pytest.param(
            COMMA,
            {"1.234": "1234.00", "1.234,56": "1234.56", "1,999": None, "1,50": "1.50", "7": "7.00",
             "10.50": None, "0,5000": "0.50", ",5": "0.50", "1.234.567": "1234567.00"},
            id="a comma elsewhere makes 1.234 a thousand",
        ),
        pytest.param(
            POINT,
            {"1.234": None, "1.230": "1.23", "1,234": "1234.00", "1,234.56": "1234.56",
             "10,50": None, "+3": "3.00", "-0.00": "0.00", "-1": None, "99999999.99": "99999999.99",
             "100000000": None, "1e3": None, "R$ 5": None, "": None},
            id="a point elsewhere makes 1,234 a thousand",
        ),
        pytest.param("7", {"1.230": "1.23", "1,234": "1234.00"}, id="nothing tells: the point"),
    ],
)  # fmt: skip
def test_prices(tmp_path: Path, told: str, prices: dict[str, str | None]) -> None:
    lines = [f"{at};p;1;{price};2025-05-14;;" for at, price in enumerate(prices)]
    lines += [f"t{n};p;1;{told};2025-05-14;;" for n in range(9)]
    text = "\n".join([HEADER.replace(",", ";"), *lines])
    with read_sales(written(tmp_path, text), "vendas.csv", RULES) as file:
        found = {row["id_pedido"]: str(row["preco"]) for row in rows(file.valid())}
    assert {price: found.get(str(at)) for at, price in enumerate(prices)} == prices


MOMENTS = {
    "2025-05-14": "2025-05-14 03:00:00",
    "2025-05-14T19:16": "2025-05-14 22:16:00",
    "2025-05-14 19:16:00 -0300": "2025-05-14 22:16:00",
    "2025-05-14T19:16:00Z": "2025-05-14 19:16:00",
    "2025-05-14T19:16:00.123456789+05:30": "2025-05-14 13:46:00.123456",
    '"14/05/2025, 19:16:07"': "2025-05-14 22:16:07",
    "1/5/2025": "2025-05-01 03:00:00",
    "2018-02-17 23:30:00": "2018-02-18 01:30:00",
    "2018-11-04": "2018-11-04 03:00:00",
    "2018-11-04 00:30:00": "2018-11-04 03:30:00",
    "2018-11-04 01:00:00": "2018-11-04 03:00:00",
    "2026-11-30T12:00:00Z": "2026-11-30 12:00:00",
    "2026-11-30T12:00:01Z": "data_futura",
    "9999-12-31": "data_futura",
    "05/14/2025": "data_invalida",
    "29/02/2025": "data_invalida",
    "1999-12-31T23:59:59Z": "data_invalida",
    "2025-05-14T24:00:00": "data_invalida",
    "2025-05-14T19:16:00+24:00": "data_invalida",
    "14/05/25": "data_invalida",
    "epoch": "data_invalida",
    "": "campo_ausente",
}


def test_moments(tmp_path: Path) -> None:
    lines = [f"{at},p,1,1,{moment},," for at, moment in enumerate(MOMENTS)]
    with read_sales(written(tmp_path, "\n".join([HEADER, *lines])), "vendas.csv", RULES) as file:
        found = {row["linha"]: str(row["data"]) for row in rows(file.valid())}
        found |= {row["linha"]: row["motivo"] for row in rows(file.rejected())}
    assert [found[at] for at in range(1, len(MOMENTS) + 1)] == list(MOMENTS.values())


DIRTY = (
    """id_pedido;id_produto;id_usuario;quantidade;preco;data;região da loja;"observação
do pedido"
1;p1;u1;2;1.234,56;14/05/2025 19:16;São Paulo;"linha
dois; e aspas """
    + '""'
    + """ "

2; p1 ;null;2,0;10,5;2025-05-14T19:16:00-03:00;Lisboa;ç
3;p1;;2,5;10,5;2025-05-14;;
4;p1
5;p2;;1;10,5;2025-05-14;;
5;p2;;1;11,5;2025-05-14;BR-sp;
undefined;p2;;1;11,5;2025-05-14;;
6;p2;;1000001;11,5;2025-05-14;;
7;p\x812;;1;11,5;2025-05-14;;
8;"""
    + "x" * 129
    + """;;1;11,5;2025-05-14;;
"""
)
DIRTY_RULES = Rules(timezone="America/Sao_Paulo", now=NOW, columns={" Região da LOJA ": "regiao"})


def _windows_1252(text: str) -> bytes:
    return b"".join(c.encode("latin-1") for c in text)


@pytest.mark.parametrize(
    ("content", "encoding", "compression"),
    [
        pytest.param(DIRTY.encode(), "UTF-8", None, id="UTF-8"),
        pytest.param(DIRTY.encode("utf-8-sig"), "UTF-8", None, id="with a BOM"),
        pytest.param(_windows_1252(DIRTY), "Windows-1252", None, id="Windows-1252"),
        pytest.param(
            gzip.compress(DIRTY[:200].encode()) + gzip.compress(DIRTY[200:].encode()),
            "UTF-8", "gzip", id="two members of gzip",
        ),
        pytest.param(
            pa.Codec("zstd").compress(_windows_1252(DIRTY), asbytes=True),
            "Windows-1252", "zstd", id="zstd and Windows-1252",
        ),
        pytest.param(("sep=;\n" + DIRTY).encode(), "UTF-8", None, id="Excel's first line"),
        pytest.param(
            DIRTY.replace("\n", "\r\n").encode(), "UTF-8", None, id="lines as of Windows"
        ),
    ],
)  # fmt: skip
def test_dirty_file(tmp_path: Path, content: bytes, encoding: str, compression: str | None) -> None:
    with read_sales(written(tmp_path, content), "vendas.csv", DIRTY_RULES) as file:
        valid, rejected, understood = rows(file.valid()), rows(file.rejected()), file.understanding
    assert valid == [
        dict(zip(SALES.schema.names, row, strict=True))
        for row in [
            ("1", "p1", 2, Decimal("1234.56"), _at("2025-05-14 22:16"), "u1", "SP", 1),
            ("2", "p1", 2, Decimal("10.50"), _at("2025-05-14 22:16"), None, "desconhecido", 2),
            ("5", "p2", 1, Decimal("11.50"), _at("2025-05-14 03:00"), None, "SP", 6),
        ]
    ]
    assert [(r["linha"], r["motivo"], r["campo"]) for r in rejected] == [
        (3, "numero_invalido", "quantidade"),
        (4, "linha_malformada", None),
        (5, "linha_repetida", None),
        (7, "campo_ausente", "id_pedido"),
        (8, "quantidade_fora_do_limite", "quantidade"),
        (9, "texto_invalido", "id_produto"),
        (10, "texto_longo", "id_produto"),
    ]
    assert rejected[1]["conteudo"] == '["4", "p1"]'
    assert '"quantidade":"2,5"' in rejected[0]["conteudo"]
    assert (understood.encoding, understood.compression) == (encoding, compression)
    assert (understood.delimiter, understood.decimal_mark) == (";", ",")
    assert understood.columns["regiao"] == "região da loja"
    assert len(understood.ignored) == 1


def test_long_content_is_cut_between_characters(tmp_path: Path) -> None:
    text = f"{HEADER}\n{'ç' * 5000},p,1,1,2025-05-14,,\n"
    with read_sales(written(tmp_path, text), "vendas.csv", RULES) as file:
        (row,) = rows(file.rejected())
    assert row["motivo"] == "texto_longo"
    assert len(row["conteudo"].encode()) in (1023, 1024)


SHOPIFY = {
    "Name": "id_pedido", "Lineitem sku": "id_produto", "Lineitem quantity": "quantidade",
    "Lineitem price": "preco", "Created at": "data", "Shipping Province": "regiao",
}  # fmt: skip


def test_a_mapping_reads_an_export_as_it_is(tmp_path: Path) -> None:
    text = (
        "Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,"
        "Shipping Province\n#1001,a@b.example,2025-05-14 19:16:00 -0300,2,Caneca,39.90,CAN-1,SP\n"
        "#1001,a@b.example,2025-05-14 19:16:00 -0300,1,Prato,19.90,PRA-1,\n"
    )
    rules = Rules(timezone="America/Sao_Paulo", now=NOW, columns=SHOPIFY)
    with read_sales(written(tmp_path, text), "orders_export.csv", rules) as file:
        sold = [(r["id_pedido"], r["id_produto"], r["regiao"]) for r in rows(file.valid())]
        assert file.understanding.absent == ("id_usuario",)
        assert file.understanding.ignored == ("Email", "Lineitem name")
    assert sold == [("#1001", "CAN-1", "SP"), ("#1001", "PRA-1", None)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "has no header", id="empty"),
        pytest.param(b"preco;b\n1;2\n", "lacks the columns 'id_pedido', 'id_produto', "
                     "'quantidade', 'data'; it has 'preco', 'b'", id="other columns"),
        pytest.param(f"{HEADER},preco\n".encode(), "more than one column for 'preco'", id="twice"),
        pytest.param(HEADER.encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(gzip.compress(HEADER.encode() * 99)[:-9], "damaged compression", id="cut off"),
        pytest.param(b"PAR1 and no more", "damaged Parquet", id="no Parquet"),
        pytest.param(b"\xef\xbb\xbf\xff", "byte order mark", id="no UTF-8 behind its mark"),
        pytest.param(f'{HEADER}\n\n{SALE}\n1\n2;p,1,"{SALE}\n'.encode(),
                     "record 3: a quote in it is not closed", id="no end of a field"),
        pytest.param(f'{HEADER}\n{SALE}\n"{"x" * (12 << 20)}'.encode(),
                     "record 2 has more than 4194304 bytes, or a quote", id="no end of it at all"),
        pytest.param(f'{HEADER},"obs\n{SALE},\n'.encode(), "a quote in it is not closed",
                     id="no end of the header"),
        pytest.param(f'{HEADER},"obs\n{SALE},\n{SALE},"a"\n'.encode(),
                     "a quote in the header is not closed", id="records in the header"),
        pytest.param(f"{HEADER}\n{'x' * (5 << 20)}\n".encode(), "record 1 has more than 4194304",
                     id="a long record of one field"),
        pytest.param((HEADER + "\nx" * 100_001).encode(), "more than 100000 records in a row",
                     id="no CSV"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, content: bytes, problem: str) -> None:
    with pytest.raises(BadFileError, match=r"^vendas\.csv: ") as raised:
        read_sales(written(tmp_path, content), "vendas.csv", RULES)
    assert problem in str(raised.value)


@pytest.mark.parametrize("first", ["Ana Souza,ana@example.com", '"a";"Ana\nSouza, 9"'])
@pytest.mark.parametrize("others", ["", "\n1,2,3", "\n1,2\n" * 200_000])
def test_no_error_tells_what_customers_wrote(tmp_path: Path, first: str, others: str) -> None:
    with pytest.raises(BadFileError) as raised:
        read_sales(written(tmp_path, first + others), "vendas.csv", RULES)
    names_none = "the first line names none of the columns, or a quote in it is not closed"
    assert raised.value.problem == names_none


QUOTE = '"14 polegadas'
NOTE = '"ligar antes:\n1; casa; 2; 3; 4; 5\n2; p; x; 1; 1; 1"'


@pytest.mark.parametrize(
    ("lines", "swallowing"),
    [
        pytest.param([f"a;{QUOTE};p;1;1;2025-05-14"], None, id="to the end"),
        pytest.param([f"a;{QUOTE};p;1;1;2025-05-14", '2;"x";p;1;1;2025-05-14'], [1], id="one"),
        pytest.param(
            [f"a;{QUOTE};p;1;1;2025-05-14", *["2;;p;1;1;2025-05-14"] * 9, '3;"x";p;1;1;2025-05-14'],
            [1], id="several",
        ),
        pytest.param([f"a;{NOTE};p;1;1;2025-05-14", "2;;p;1;1;2025-05-14"], [], id="a note"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_not_closed(
    tmp_path: Path, lines: list[str], swallowing: list[int] | None, ending: str
) -> None:
    """The notes are a column that is not ours. Of what a record swallowed nothing is loaded."""
    many = [f"m{n};;p;1;1;2025-05-14" for n in range(1_000)]
    text = ending.join(["id_pedido;obs;id_produto;quantidade;preco;data", *lines, *many, ""])
    path = written(tmp_path, text)
    if swallowing is None:
        with pytest.raises(BadFileError, match="record 1: a quote in it is not closed"):
            read_sales(path, "vendas.csv", RULES)
        return
    with read_sales(path, "vendas.csv", RULES) as file:
        rejected = [(r["linha"], r["motivo"], r["campo"]) for r in rows(file.rejected())]
        valid = [row["id_pedido"] for row in rows(file.valid())]
    assert rejected == [(linha, "linha_malformada", None) for linha in swallowing]
    assert valid[-1_000:] == [f"m{n}" for n in range(1_000)]


@pytest.mark.parametrize("character", ["x", '""'])
@pytest.mark.parametrize("more", [0, 1])
def test_the_longest_record(tmp_path: Path, character: str, more: int) -> None:
    notes = character * (MAX_RECORD_BYTES - len(SALE) - 1 + more)
    text = f'{HEADER},obs\n{SALE},\n{SALE.replace("1", "2", 1)},"{notes}"\n'
    path = written(tmp_path, text)
    if more:
        with pytest.raises(BadFileError, match="record 2 has more than 4194304 bytes"):
            read_sales(path, "vendas.csv", RULES)
    else:
        with read_sales(path, "vendas.csv", RULES) as file:
            assert [row["linha"] for row in rows(file.valid())] == [1, 2]


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    for text in (HEADER, HEADER + "\n\n\n"):
        with read_sales(written(tmp_path, text), "vendas.csv", RULES) as file:
            assert rows(file.valid()) == rows(file.rejected()) == []


def test_the_rest_of_a_file_may_say_otherwise_than_its_beginning(tmp_path: Path) -> None:
    lines = [f"{n},p,1,7,2025-05-14,," if n % 30_000 else "malformada" for n in range(200_000)]
    many = "\n".join(lines) + "\n"
    text = f'{HEADER}\n{many}a,p,1,"1,5",2025-05-14,,PA\nb,p,1,7,2025-05-14,,Pará\n'
    with read_sales(written(tmp_path, text.encode("cp1252")), "vendas.csv", RULES) as file:
        *others, comma, state = rows(file.valid())
        malformed = [row["linha"] for row in rows(file.rejected())]
    assert (comma["preco"], state["regiao"], state["linha"]) == (Decimal("1.50"), "PA", 200_002)
    assert malformed == [n + 1 for n in range(0, 200_000, 30_000)]
    assert [sale["linha"] for sale in others] == [int(sale["id_pedido"]) + 1 for sale in others]


def test_typed_parquet(tmp_path: Path) -> None:
    path = tmp_path / "vendas.parquet"
    moments = [_at("2025-05-14 19:16:00"), _at("2025-05-14 00:00:00"), None, _at("2031-01-01")]
    table = pa.table(
        {
            "id_pedido": pa.array([1, 2, 3, 4], pa.int64()),
            "id_produto": pa.array(["p1", "p1", "p1", None]).dictionary_encode(),
            "quantidade": pa.array([2.0, 2.5, 1.0, 1.0]),
            "preco": pa.array([59.699999999999996, 1.0, 2.0, 1.005]),
            "data": pa.array(moments, pa.timestamp("ns")),
            "regiao": pa.array(["Pará", None, None, "SP"]),
        }
    )
    pq.write_table(table, path)
    with read_sales(path, "vendas.parquet", RULES) as file:
        (sale,) = rows(file.valid())
        reasons = [(r["linha"], r["motivo"], r["campo"]) for r in rows(file.rejected())]
        assert file.understanding.decimal_mark is None
    assert (sale["id_pedido"], sale["preco"], sale["regiao"]) == ("1", Decimal("59.70"), "PA")
    assert sale["data"] == _at("2025-05-14 22:16")
    assert reasons == [
        (2, "numero_invalido", "quantidade"),
        (3, "campo_ausente", "data"),
        (4, "campo_ausente", "id_produto"),
    ]


def test_parquet_with_moments_as_int96(tmp_path: Path) -> None:
    """As Spark, Hive and Athena write them: in UTC, without saying so."""
    path = tmp_path / "vendas.parquet"
    moments = [_at("2025-05-14 19:16:00.123456"), None, _at("9999-12-31")]
    table = pa.table(
        {
            "loja": pa.array([{"cidade": "Belém", "aberta": _at("2020-01-01")}] * 3),
            "id_pedido": ["1", "2", "3"],
            "id_produto": ["p"] * 3,
            "quantidade": [1] * 3,
            "preco": [1.5] * 3,
            "data": pa.array(moments, pa.timestamp("us")),
        }
    )
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    with read_sales(path, "vendas.parquet", RULES) as file:
        (sale,) = rows(file.valid())
        reasons = [(r["linha"], r["motivo"]) for r in rows(file.rejected())]
        assert file.understanding.date_order is None
    assert sale["data"] == _at("2025-05-14 19:16:00.123456")
    assert reasons == [(2, "campo_ausente"), (3, "data_futura")]


@pytest.mark.parametrize(
    ("kind", "ids"),
    [
        (pa.decimal128(18, 2), {"123": "123", "120.00": "120", "-7": "-7", "1.50": None}),
        (pa.decimal128(38, 0), {"9" * 38: "9" * 38, "0": "0", "100": "100"}),
        (pa.decimal128(38, 9), {"1000.000000000": "1000", "1.000000001": None}),
        (pa.decimal256(70, 1), {"9" * 60: "9" * 60, "1.5": None}),
        (pa.float64(), {"123": "123", "1.5": None, "1e300": None, "inf": None}),
    ],
)
def test_ids_that_are_stored_as_numbers(
    tmp_path: Path, kind: pa.DataType, ids: dict[str, str | None]
) -> None:
    """They are the whole numbers that the stream knows, without zeros behind a point."""
    path = tmp_path / "vendas.parquet"
    numbers = map(float if kind == pa.float64() else Decimal, ids)
    same = {"id_produto": "p", "quantidade": 1, "preco": "1", "data": "2025-05-14"}
    columns = {name: pa.array([value] * len(ids)) for name, value in same.items()}
    pq.write_table(pa.table({**columns, "id_pedido": pa.array(numbers, kind)}), path)
    with read_sales(path, "vendas.parquet", RULES) as file:
        found = {row["linha"]: row["id_pedido"] for row in rows(file.valid())}
        reasons = {(r["motivo"], r["campo"]) for r in rows(file.rejected())}
    assert [found.get(linha) for linha in range(1, len(ids) + 1)] == list(ids.values())
    assert reasons <= {("numero_invalido", "id_pedido")}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("preco", pa.array(["1.50"])),
        ("preco", pa.array([Decimal("1.5")], pa.decimal128(38, 9))),
        ("preco", pa.array([Decimal("1.50")], pa.decimal128(9, 2))),
        ("preco", pa.array([1.5], pa.float32())),
        ("quantidade", pa.array(["2"])),
        ("quantidade", pa.array([2], pa.uint8())),
        ("quantidade", pa.array([Decimal(2)], pa.decimal128(18, 0))),
        ("id_produto", pa.array([b"p1"])),
        ("id_usuario", pa.array([None], pa.decimal128(18, 2))),
        ("id_usuario", pa.array([None], pa.decimal128(38, 9))),
        ("id_usuario", pa.array([None], pa.float64())),
        ("data", pa.array([_at("2025-05-14 03:00")], pa.timestamp("ms", "UTC"))),
        ("data", pa.array([_at("2025-05-14").date()])),
        ("data", pa.array(["14/05/2025"], pa.large_string())),
        ("id_usuario", pa.nulls(1)),
    ],
)
def test_columns_may_be_stored_in_other_types(
    tmp_path: Path, column: str, values: pa.Array
) -> None:
    path = tmp_path / "vendas.parquet"
    columns = {
        "id_pedido": pa.array(["1"]),
        "id_produto": pa.array(["p1"]),
        "quantidade": pa.array([2], pa.int32()),
        "preco": pa.array([Decimal("1.50")], pa.decimal128(18, 2)),
        "data": pa.array([_at("2025-05-14")], pa.timestamp("us")),
    }
    pq.write_table(pa.table(columns | {column: values}), path)
    with read_sales(path, "vendas.parquet", RULES) as file:
        (sale,) = rows(file.valid())
    expected = ("1", "p1", 2, Decimal("1.50"), _at("2025-05-14 03:00"), None, None, 1)
    assert tuple(sale.values()) == expected


def test_a_type_of_which_no_value_is_made(tmp_path: Path) -> None:
    path = tmp_path / "vendas.parquet"
    names = HEADER.split(",")
    pq.write_table(pa.table({name: pa.array([[1]]) for name in names}), path)
    with pytest.raises(BadFileError, match=r"holds list.* in 'id_pedido'"):
        read_sales(path, "vendas.parquet", RULES)
