"""Parquet to rows, manifests to files."""

import io
import json
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redshift_local.load_errors import LoadError
from redshift_local.parquet_csv import check, csv_chunks
from redshift_local.result_columns import ResultColumn
from redshift_local.staging import SourceFile, is_data, manifest_files

NUMERIC_18_2 = (18 << 16) + 2 + 4
MOMENT = datetime.fromisoformat("2025-05-14T19:16:00.000001")


def csv_of(column: pa.Array, oid: int, modifier: int = -1) -> str:
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": column}), sink)
    target = ResultColumn("c", oid, modifier)
    chunks = csv_chunks(sink.getvalue(), [target], url="s3://b/k")
    return b"".join(chunks).decode()


@pytest.mark.parametrize(
    ("column", "oid", "expected"),
    [
        (pa.array(["", 'a"b', None, "é,\n"]), 1043, '""\n"a""b"\n\n"é,\n"\n'),
        (pa.array(["x"]).dictionary_encode(), 1043, '"x"\n'),
        (pa.array([b"\x00\xff", None, b""]), 17, '"\\x00ff"\n\n"\\x"\n'),
        (pa.array([MOMENT], pa.timestamp("us")), 1114, "2025-05-14 19:16:00.000001\n"),
        (
            pa.array([MOMENT], pa.timestamp("us", "America/Sao_Paulo")),
            1114,
            "2025-05-14 19:16:00.000001\n",
        ),
        (pa.array([MOMENT], pa.timestamp("ns")), 1184, "2025-05-14 19:16:00.000001\n"),
        (pa.array([True, None]), 16, "true\n\n"),
        (pa.array([], pa.int32()), 23, ""),
    ],
)
def test_values(column: pa.Array, oid: int, expected: str) -> None:
    assert csv_of(column, oid) == expected


def test_decimals() -> None:
    column = pa.array([Decimal("-0.50"), None], pa.decimal128(10, 2))
    assert csv_of(column, 1700, NUMERIC_18_2) == "-0.50\n\n"


@pytest.mark.parametrize(
    ("kind", "oid", "modifier"),
    [
        pytest.param(pa.int64(), 23, -1, id="too wide"),
        pytest.param(pa.int32(), 20, -1, id="too narrow"),
        pytest.param(pa.string(), 17, -1, id="text is not bytes"),
        pytest.param(pa.binary(), 1043, -1, id="bytes are not text"),
        pytest.param(pa.decimal128(18, 3), 1700, NUMERIC_18_2, id="another scale"),
        pytest.param(pa.decimal128(20, 2), 1700, NUMERIC_18_2, id="more digits"),
        pytest.param(pa.float64(), 1700, NUMERIC_18_2, id="float is not decimal"),
        pytest.param(pa.date32(), 1114, -1, id="date is not timestamp"),
        pytest.param(pa.list_(pa.int32()), 1043, -1, id="nested"),
        pytest.param(pa.int32(), 4000, -1, id="unknown type"),
    ],
)
def test_types_that_do_not_fit(kind: pa.DataType, oid: int, modifier: int) -> None:
    schema = pa.schema([("x", kind)])
    with pytest.raises(LoadError, match="Spectrum Scan Error") as caught:
        check(schema, [ResultColumn("c", oid, modifier)], url="s3://b/k")
    assert "incompatible Parquet schema for column 'c'" in caught.value.detail


def test_what_is_no_parquet() -> None:
    with pytest.raises(LoadError, match="Spectrum Scan Error") as caught:
        list(csv_chunks(b"PAR1 nonsense", [ResultColumn("c", 23, -1)], url="s3://b/k"))
    assert "'s3://b/k' has an invalid version number" in caught.value.detail


@pytest.mark.parametrize(
    ("values", "longest"),
    [
        pytest.param(pa.array(["é", "éé", None]), None, id="as many bytes as there is room for"),
        pytest.param(pa.array(["a", "ééa"]), 5, id="bytes, not characters"),
        pytest.param(pa.array([None, "abcdef"]).dictionary_encode(), 6, id="a dictionary"),
        pytest.param(pa.array([None, None], pa.string()), None, id="nothing"),
    ],
)
def test_lengths(values: pa.Array, longest: int | None) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"x": values}), sink)
    targets = [ResultColumn("c", 1043, 4 + 4)]
    data = sink.getvalue().to_pybytes()
    if longest is None:
        assert len(list(csv_chunks(data, targets, url="s3://b/k"))) == 1
        return
    with pytest.raises(LoadError) as caught:
        list(csv_chunks(data, targets, url="s3://b/k"))
    assert (
        f"data column c is longer than the length defined in the table. Table: 4, Data: {longest}"
        in (caught.value.detail)
    )


def test_manifest() -> None:
    entry = {"url": "s3://b/k", "meta": {"content_length": 3}}
    entries = [entry, {**entry, "mandatory": True}]
    files = manifest_files(json.dumps({"entries": entries}).encode())
    assert files == [
        SourceFile("s3://b/k", 3, mandatory=False),
        SourceFile("s3://b/k", 3, mandatory=True),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not in correct json format"),
        (b"[]", "not in correct json format"),
        (b"{}", "not in correct json format"),
        (b'{"entries": [{"meta": {"content_length": 3}}]}', "not in correct json format"),
        (b'{"entries": []}', "does not contain any entries"),
        (b'{"entries": [{"url": "s3://b/k"}]}', "does not have 'meta' key"),
        (b'{"entries": [{"url": "s3://b/k", "meta": {}}]}', "have 'content_length' key"),
    ],
)
def test_malformed_manifests(body: bytes, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        manifest_files(body)


@pytest.mark.parametrize(
    ("key", "expected"),
    [("a/b.parquet", True), ("a/_SUCCESS", False), ("a/.b.crc", False), ("a/", False)],
)
def test_which_objects_are_data(key: str, expected: bool) -> None:
    assert is_data(key) is expected
