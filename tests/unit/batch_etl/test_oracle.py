"""Files of sales in columns, against the row by row oracle."""

import csv
from contextlib import suppress
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support import sales_twin
from tests.support.cleaned import NOW, RULES, rows, written

from batch_etl.bad_file import BadFileError
from batch_etl.cleaned_file import CleanedFile
from batch_etl.layout import Rules
from batch_etl.product_file import read_products
from batch_etl.sales_file import read_sales

ZONE = RULES.timezone
MANY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def _read(folder: Path, content: bytes, rules: Rules = RULES) -> CleanedFile:
    return read_sales(written(folder, content), "vendas", rules)


_dirty_numbers = st.one_of(
    st.sampled_from(
        ["2", "2,0", "2.0", "1.234", "1,234", "1.234,56", "1,234.56", "10,5", "10.50", "-3", "+4",
         "0", "1000001", "99999999,99", "99999999.99", "100000000", "1,999", "0.125", "1.2.3", ".5",
         ",5", "5.", "", " ", "NaN", "1e3", "R$ 5", "1.50000", "1,50001", "00012", "１２", "-0",
         "--1", "+", ".", ",", "1.234.567", "1,234,567", "0.000", "9" * 40, "0" * 40 + "7"]
    ),
    st.text(alphabet="0123456789.,+- \xa0", max_size=9),
)  # fmt: skip
_dirty_moments = st.one_of(
    st.sampled_from(
        ["2025-05-14", "2025-05-14T19:16", "2025-05-14 19:16:00", "2025-05-14T19:16:00Z",
         "2025-05-14 19:16:00 -0300", "2025-05-14T19:16:00.123456789+05:30", "14/05/2025",
         "14/05/2025 19:16", "14/05/2025 19:16:07", "14/05/2025, 19:16", "05/14/2025", "1/5/2025",
         "29/02/2025", "2024-02-29", "2025-02-29", "2018-11-04 00:30:00", "2018-11-04",
         "2019-02-16 23:30", "2018-02-17T23:59:59", "1999-12-31T23:59:59", "2000-01-01",
         "2000-01-01T00:00:00Z", "2026-11-30T12:00:00Z", "2026-11-30T12:00:01Z", "2030-01-01",
         "2025-05-14T24:00:00", "2025-05-14T23:60", "2025-05-14t19:16:00z", "14-05-2025", "",
         "2025-05-14T19:16:00,5", "2025-05-14T19:16:00+0530", "2025-05-14T19:16:00-23:59",
         "2025-05-14T19:16+24:00", "2025-05-14Z", "0000-01-01", "9999-12-31T23:59:59-23:00",
         "2025-05-14 19:16:00 UTC", "infinity", "epoch", "20250514", "14/05/25"]
    ),
    st.datetimes(datetime(2014, 1, 1), datetime(2020, 1, 1)).map(str),  # noqa: DTZ001
)  # fmt: skip
_dirty_ids = st.sampled_from(
    ["1", "2", "3", " 1 ", "\xa02", "1\u200b", "a b", "null", "NULL", "NaN", "nan", "undefined",
     "[object Object]", "", "  ", "x" * 128, "x" * 129, "é" * 64, "é" * 65, "a\nb", "a\tb", "\x00",
     "\u2028x", "ç", '"', "a,b", "a;b", "'"]
)  # fmt: skip
_dirty_states = st.sampled_from(
    ["SP", "sp", "São Paulo", "SAO PAULO", "Estado de São Paulo", "BR-SP", "br-rj", "Pará", "para",
     "", " ", "null", "XX", "Lisboa", "minas gerais", "Sudeste"]
)  # fmt: skip
_dirty_rows = st.lists(
    st.tuples(_dirty_ids, _dirty_ids, _dirty_numbers, _dirty_numbers, _dirty_moments, _dirty_ids,
              _dirty_states),
    max_size=40,
)  # fmt: skip


def _written(rows: list[tuple[str, ...]], delimiter: str, newline: str = "\r\n") -> str:
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=newline)
    writer.writerow(sales_twin.FIELDS)
    writer.writerows(rows)
    return out.getvalue()


def _agree(folder: Path, content: bytes, delimiter: str) -> None:
    expected = sales_twin.read(content, delimiter=delimiter, zone=ZONE, now=NOW)
    if expected is None:
        with pytest.raises(BadFileError, match="not closed"):
            _read(folder, content)
        return
    with _read(folder, content) as file:
        assert rows(file.valid()) == expected.valid
        rejected = [(r["linha"], r["motivo"], r["campo"]) for r in rows(file.rejected())]
        assert rejected == expected.rejected


@MANY
@given(rows=_dirty_rows, delimiter=st.sampled_from(",;\t"), newline=st.sampled_from(["\n", "\r\n"]))
def test_dirty_rows(
    tmp_path: Path, rows: list[tuple[str, ...]], delimiter: str, newline: str
) -> None:
    _agree(tmp_path, _written(rows, delimiter, newline).encode(), delimiter)


_SALE = "1,p1,2,10.50,2025-05-14,,\n"
_FRAGMENTS = ["1", "p1", "2", "10,50", "10.50", "14/05/2025", "2025-05-14", "SP", ",", ";", "\t",
              "\n", "\r\n", "\r", '"', '""', "\n\n", " ", "\xa0", "ç", "\x81",
              _SALE]  # fmt: skip


@MANY
@given(fragments=st.lists(st.sampled_from(_FRAGMENTS), max_size=40), encoding=st.booleans())
@example(fragments=['"'], encoding=True)
@example(fragments=[_SALE[:-1], '"pol', _SALE * 3, '"', _SALE], encoding=True)
@example(fragments=[_SALE[:-1], '"pol', "\n", _SALE[:-1], '"S"', "\n", _SALE], encoding=True)
def test_any_text_behind_a_header(tmp_path: Path, fragments: list[str], encoding: bool) -> None:
    body = ",".join(sales_twin.FIELDS) + "\n" + "".join(fragments)
    content = body.encode() if encoding else body.encode("latin-1")
    _agree(tmp_path, content, ",")


_STARTS = [
    b"",
    b"PAR1",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"id_produto,nome,categoria,preco_lista\n",
]


@MANY
@given(content=st.binary(max_size=200), start=st.sampled_from(_STARTS))
def test_any_bytes_are_rows_or_a_bad_file(tmp_path: Path, content: bytes, start: bytes) -> None:
    path = written(tmp_path, start + content)
    for read in (read_sales, read_products):
        with suppress(BadFileError), read(path, "x", RULES) as file:
            linhas = [row["linha"] for row in (*rows(file.valid()), *rows(file.rejected()))]
            assert sorted(linhas) == list(range(1, len(linhas) + 1))


_sales = st.lists(
    st.tuples(
        st.text(alphabet="abcçã-1 ", min_size=1, max_size=8).map(str.strip).filter(bool),
        st.text(alphabet="pq12\n;,\"'", min_size=1, max_size=8).filter(lambda t: "\n" not in t),
        st.integers(1, 1_000_000),
        st.decimals(0, 99_999_999, places=2),
        st.datetimes(datetime(2000, 1, 2), datetime(2026, 11, 29)),  # noqa: DTZ001
        st.none() | st.text(alphabet="uv1", min_size=1, max_size=5),
        st.sampled_from([None, "SP", "BA", "RJ"]),
    ),
    min_size=1,
    max_size=20,
    unique_by=lambda sale: sale[:2],
)


def _number(value: Any, mark: str, *, grouped: bool) -> str:
    text = f"{value:,}" if grouped else str(value)
    return text.translate(str.maketrans(",.", ".,")) if mark == "," else text


@MANY
@given(
    sales=_sales,
    delimiter=st.sampled_from(",;\t"),
    mark=st.sampled_from(",."),
    grouped=st.booleans(),
    dates=st.sampled_from(["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"]),
    compression=st.sampled_from([None, "gzip", "zstd"]),
    form=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_every_dialect_gives_the_same_sales(
    tmp_path: Path, sales: list[tuple[Any, ...]], delimiter: str, mark: str, grouped: bool,
    dates: str, compression: str | None, form: str, quoting: Any, ending: str,
) -> None:  # fmt: skip
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerow([*reversed(sales_twin.FIELDS), "Observação"])
    for pedido, produto, quantidade, preco, data, usuario, regiao in sales:
        numbers = [_number(preco, mark, grouped=grouped), _number(quantidade, mark, grouped=False)]
        texts = [regiao, usuario, data.strftime(dates), *numbers, produto, pedido]
        writer.writerow([*texts, "linha\num"])
    content = out.getvalue().encode(form)
    if compression:
        content = pa.Codec(compression).compress(content, asbytes=True)
    with _read(tmp_path, content, Rules(timezone="UTC", now=NOW)) as file:
        found = [tuple(row.values())[:7] for row in rows(file.valid())]
        assert not rows(file.rejected())
        assert file.understanding.delimiter == delimiter
        assert file.understanding.decimal_mark == mark
        assert file.understanding.ignored == ("Observação",)
    assert found == [(*s[:4], s[4].replace(microsecond=0), *s[5:]) for s in sales]
