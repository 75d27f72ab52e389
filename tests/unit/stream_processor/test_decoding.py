"""Columns against the careful decoder: the same rows, the same reasons, in the same order."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from event_contracts.estoque import AtualizacaoEstoque, decode_estoque
from event_contracts.evento import OF_A_SALE, TipoEvento, decode_evento
from event_contracts.record import MAX_RECORD_BYTES
from stream_processor.decoding import Decoded, decode_carefully
from stream_processor.feeds import eventos
from stream_processor.feeds.eventos import EVENTS_SCHEMA, decode_eventos, event_row
from stream_processor.rows import DEAD_SCHEMA, KafkaRecord

TOPIC = "eventos_clientes"
SHARED = Path(__file__).parents[4] / "shared" / "cases" / "values.jsonl"
RECEIVED = datetime(2025, 5, 14, 19, 16, 5, 250_000, tzinfo=UTC)
MICROS = int(RECEIVED.timestamp() * 1_000_000)

CLICK = {
    "id_usuario": '"u123"',
    "tipo_evento": '"clique"',
    "id_produto": '"p456"',
    "timestamp": '"2025-05-14T19:16:00"',
}
FULL = CLICK | {
    "id_evento": '"7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10"',
    "tipo_evento": '"compra"',
    "id_pedido": '"A"',
    "quantidade": "3",
    "preco": '"19.90"',
    "id_sessao": '"s1"',
    "versao": "1",
}
SKEWED = FULL | {"enviado_em": '"2025-05-14T19:26:05.25"'}
PROBE = CLICK | {"tipo_evento": '"sonda"', "id_evento": FULL["id_evento"]}
PLAIN = [CLICK, FULL, PROBE, *(FULL | {"tipo_evento": f'"{tipo}"'} for tipo in OF_A_SALE)]
BASES = [*PLAIN, SKEWED]

# What a field may hold, as JSON that some decoder takes for something else.
TOKENS = [
    *("null", "true", "false", "[]", "{}", '["a"]', '{"a": 1}', "[[1]]", "", '"', "'a'", "abc"),
    *("NaN", "nan", "Infinity", "-Infinity", "inf", "tRue", "undefined"),
    *("0", "-0", "1", "-1", "007", "+1", "1.", ".5", "0x1", "1_000", "1e1", "1E+1", "1e-1"),
    *("1.0", "-0.0", "0.10", "1.5", "1.005", "19.9", "19.90", "19.900", "1e400", "1e-400"),
    *("19.899999", "19.899999999999999999", "19.90000000000000000001", "0.000001", "0.00"),
    *("2.0000000000000000001", "999999", "1000000", "1000001", "999999999", "1000000000"),
    *("2147483647", "2147483648", "4294967297", "9223372036854775807", "9223372036854775808"),
    *("18446744073709551616", "1" + "0" * 40, "99999999.99", "99999999.991", "100000000"),
    *('""', '" "', '"a"', '" 1"', '"1 "', '"a b"', '"a/b"', '"a,}"', '"a:b"', '"{}"', '"null"'),
    *("0e50", "0e-999999999", '"0E+50"', '"0E-999999999"', '"1E-999999999"', '"sNaN"'),
    *('"0"', '"1"', '"-0"', '"-1"', '"01"', '"1."', '".5"', '"+19.90"', '"1.990E+1"', '"19.90"'),
    *('"1_9.9_0"', '"19.90 "', '"NaN"', '"Infinity"', '"1e999999999"', '"99999999.99"'),
    *('"clique"', '"CLIQUE"', '"clique "', '"visita"', '"devolucao"', '"compra"', '"id_evento"'),
    *(r'"\u0061"', r'"\/"', r'"\""', r'"\\"', r'"\n"', r'"\u0000"', r'"\ud800"', r'"\x"'),
    *(r'"\ud83d\ude00"', '"\x00"', '"\x01"', '"\t"', '"\n"', '"\x7f"', '"\x80"', '"\x9f"'),
    *('"ção"', '"é"', '"😀"', '"١"', '"１９.９０"', '"a\u00a0b"', '"a\u200db"', '"a\u3000b"'),
    *('"\u2028"', '"\ufeff"', '"\ue000"', '"\uffff"', '"\u0378"'),
    *(f'"{"x" * size}"' for size in (127, 128, 129, 200)),
    *(f'"{"é" * size}"' for size in (64, 65)),
    *('"7D1B7B5E-32A7-4B7B-8C4E-2F4F6C1F9A10"', '"7d1b7b5e32a74b7b8c4e2f4f6c1f9a10"'),
    *('"{7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10}"', '"7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a1g"'),
    *('"00000000-0000-0000-0000-000000000000"', '"urn:uuid:7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10"'),
    *('"ffffffff-ffff-ffff-ffff-ffffffffffff"', '"7d1b7b5e-32a7-4b7b-8c4e-2f4f6c1f9a10\\u0000"'),
    *('"{00000000-0000-0000-0000-000000000000}"', f'"{"0" * 32}"', '"{0}"', '"0"'),
    *('"ajs-next-0123"', '"01ARZ3NDEKTSV4RRFFQ69G5FAV"', '"undefined"', '"[object Object]"'),
    *('"NULL"', '" null "', '"nan"', f'"{" " * 30}NaN"', f'"undefined{" " * 30}"', '"nullo"'),
    *('"banana"', f'"{" " * 128}"', '" "', '"‍"', '"　null"', '"[object Object"'),
    *("1e99999999999999999999", "0.1e-99999999999999999999", "10e-1", "3.0", "1e999999999"),
    *('"2025-05-14T19:26:05"', '"2025-05-14T19:16:04Z"', '"2025-05-13T19:16:05.25-01:00"'),
]
MOMENTS = [
    *("2025-05-14", "2025-05-14T19", "2025-05-14T19:16", "2025-05-14 19:16:00", "20250514T191600Z"),
    *("2025-05-14T19:16:00Z", "2025-05-14t19:16:00z", "2025-05-14T19:16:00ZZ", "2025-W20-3"),
    *("2025-05-14T16:16:00-03:00", "2025-05-14T16:16:00-0300", "2025-05-14T16:16:00-03"),
    *("2025-05-14T19:16:00+00:00", "2025-05-14T19:16:00-00:00", "2025-05-14T19:16:00+05:30"),
    *("2025-05-14T19:16:00+23:59", "2025-05-14T19:16:00+24:00", "2025-05-14T16:16:00-03:00:30"),
    *(f"2025-05-14T19:16:00.{'123456789'[:digits]}Z" for digits in range(10)),
    *("2025-05-14T19:16:00.9999995Z", "2025-05-14T19:16:00.9999999", "2025-05-14T19:16:00,5"),
    *("2025-05-14T24:00:00", "2025-05-14T23:59:60", "2025-05-14T19:60:00", "2025-05-14T25:00:00"),
    *("2025-02-29T00:00:00", "2024-02-29T23:59:59", "2000-02-29T00:00:00", "2025-02-30T00:00:00"),
    *("2025-04-31T00:00:00", "2025-00-10T00:00:00", "2025-13-10T00:00:00", "2025-01-00T00:00:00"),
    *("2000-01-01T00:00:00", "1999-12-31T23:59:59.999999", "2000-01-01T00:00:00+00:01"),
    *("2025-05-14T19:21:05.250000", "2025-05-14T19:21:05.250001", "2025-05-14T19:21:05.25Z"),
    *("2099-12-31T23:59:59", "2100-01-01T00:00:00", "9999-12-31T23:59:59-14:00"),
    *("0001-01-01T00:00:00+14:00", "2025-5-14T19:16:00", " 2025-05-14T19:16:00", "infinity"),
    *("2025-05-14T19:16:00 ", "2025-05-14T19:16:00Z ", "2025-05-14T19:16:00 UTC", "epoch"),
    *("٢٠٢٥-05-14T19:16:00", "2025-05-14T19:16:00\\u005a", "2025-05-14T19:16:0０"),
]
EXTRAS = [
    *('"novo": 1', '"novo": "a"', '"novo": null', '"novo": {"id_usuario": "u"}', '"": ""'),
    *('"novo": [1,]', '"novo": NaN', '"novo": 1e999', '"novo": "\\u0041"', '"novo": 01'),
    *('"id_usuario": "u9"', '"id_usuario": null', '"ID_USUARIO": "u9"', '"id_usuario ": "u9"'),
    *('"id_us\\u0075ario": "u9"', '"versao": 2', '"versao": null', '"preco": 1', '"preco": "1"'),
    *('"enviado_em": null', '"enviado_em": "2025-05-14T19:26:05"', '"enviado_em": 5'),
    *('"quantidade": "5"', '"timestamp": 5', '"id_evento": null', '"tipo_evento": "clique"'),
    *('"preco":true,"preco":1', '"preco": 01', '"preco": "+1","preco": "1"'),
    *('"preco":19.90,"preco":19.899999999999999999', '"novo":"\\"preco\\":19.90,"'),
]
# Around the fields: before, after a name, between two, after.
LAYOUTS = [
    ("{", ":", ",", "}"),
    ("{", ": ", ", ", "}"),
    (" { ", " : ", " , ", " } "),
    ("{\n  ", ": ", ",\n  ", "\n}"),
    ("{\t", ":\t", ",\t", "\t}\r\n"),
    ("{", ":", ",", ",}"),
    ("{", ":", ",", ", }"),
    ("{", ":", ",", ",\n}"),
    ("{,", ":", ",", "}"),
    ("{", ":", ",,", "}"),
    ("{", ":", " ", "}"),
    ("{", ":", ",", ""),
    ("{", ":", ",", "}}"),
    ("{", ":", ",", "} {}"),
    ("{", ":", ",", "}\x00"),
    ("{", ":", ",", "} // fim"),
    ("{/* */", ":", ",", "}"),
    ("[{", ":", ",", "}]"),
    ("[", ":", ",", "}"),
    ("\ufeff{", ":", ",", "}"),
    ("\u00a0{", ":", ",", "}"),
    ("{", "=", ",", "}"),
    ("{" + " " * 300, ":", ",", "}"),
    ("{" + " " * MAX_RECORD_BYTES, ":", ",", "}"),
]
WHOLE: list[bytes | None] = [
    *(
        None,
        b"",
        b" ",
        b"{",
        b"}",
        b"{}",
        b",}",
        b"null",
        b"NaN",
        b"[]",
        b'"clique"',
        b"0",
        b"\x00",
    ),
    *(b"\x00", b"\xff\xfe"),
    *(b"\xef\xbb\xbf{}", b'{"a":"\xc3\x28"}', b'{"id_usuario":"\xff"}', b'""', b'"}'),
    *(b"[" * 60_000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b'"' * 65_536, b" " * 65_537),
]

PLAIN_LAYOUT = LAYOUTS[0]


def written(
    fields: dict[str, str],
    extra: str | None = None,
    layout: tuple[str, str, str, str] = PLAIN_LAYOUT,
) -> bytes:
    before, colon, comma, after = layout
    members = [f'"{name}"{colon}{token}' for name, token in fields.items()]
    text = before + comma.join(members + ([extra] if extra else [])) + after
    return text.encode()


def batch_of(
    values: list[bytes | None], micros: list[int] | None = None, partition: int = 1
) -> pa.RecordBatch:
    size = len(values)
    received = pa.array(micros or [MICROS] * size, pa.int64())
    return pa.RecordBatch.from_pydict(
        {
            "key": pa.array([b"k"] * size, pa.binary()),
            "value": pa.array(values, pa.binary()),
            "partition": pa.array([partition] * size, pa.int32()),
            "offset": pa.array(range(40, 40 + size), pa.int64()),
            "timestamp": received.cast(pa.timestamp("us", tz="UTC")),
        }
    )


def carefully(batch: pa.RecordBatch) -> Decoded:
    return decode_carefully(batch, decode_evento, event_row, schema=EVENTS_SCHEMA, topic=TOPIC)


def assert_equal(batch: pa.RecordBatch) -> None:
    fast, slow = decode_eventos(batch), carefully(batch)
    assert fast.rows.schema == EVENTS_SCHEMA
    assert fast.dead.schema == DEAD_SCHEMA
    for ours, theirs in ((fast.rows, slow.rows), (fast.dead, slow.dead)):
        if not ours.equals(theirs):
            assert ours.to_pylist() == theirs.to_pylist()
    assert fast.rows.num_rows + fast.dead.num_rows == batch.num_rows


def _every_case() -> list[bytes | None]:
    moments = [f'"{moment}"' for moment in MOMENTS]
    return [
        *WHOLE,
        *(written(b | {name: token}) for b in BASES[:2] for name in SKEWED for token in TOKENS),
        *(written(base | {"timestamp": moment}) for base in BASES for moment in moments),
        *(written({k: v for k, v in FULL.items() if k != name}) for name in FULL),
        *(written(base, extra) for base in BASES for extra in EXTRAS),
        *(written(dict(reversed(FULL.items())), extra) for extra in EXTRAS),
        *(written(base, layout=layout) for base in BASES for layout in LAYOUTS),
        written(FULL | {"id_usuario": "123", "quantidade": '"5"'}),
        written(FULL | {"id_usuario": "123"}, '"n":1'),
        written(FULL | {"id_usuario": '["a"]'}),
        # A first value that is refused sends the record to a reader that is stricter elsewhere.
        *(
            written(FULL | {name: first}, f'"novo":1e999,"{name}":{FULL[name]}')
            for name in FULL
            for first in (FULL[name], '"x"', f'"{"x" * 36}"', "1e999")
        ),
        # A comma too many here and one too few there.
        written(CLICK | {"id_produto": '"a,b"'}),
        written(CLICK | {"id_evento": '"x"'}, f'"novo":1e999,"id_evento":{FULL["id_evento"]}'),
    ]


def test_every_case_in_one_batch() -> None:
    assert_equal(batch_of(_every_case()))


def test_every_case_between_good_events() -> None:
    """A column is read at once only where nothing in it is odd."""
    values = [
        *WHOLE,
        *(written(FULL, layout=layout) for layout in LAYOUTS),
        *(written(FULL | {"timestamp": f'"{moment}"'}) for moment in MOMENTS),
        # What `Evento` has no such moment from, another reader refuses for its number.
        *(written(FULL | {"timestamp": f'"{moment}"'}, '"novo": 1e999') for moment in MOMENTS),
        *(written(CLICK | {"preco": token}) for token in TOKENS),
        *(written(FULL | {"id_evento": token}) for token in TOKENS),
        *(written(FULL | {"id_usuario": token}) for token in TOKENS),
    ]
    for value in values:
        assert_equal(batch_of([written(CLICK), value, written(FULL)]))


def test_what_one_record_lacks_makes_up_for_nothing_in_another() -> None:
    """Three commas fewer than an event has here, three more there."""
    twice = f'"novo": 1e999, "id_evento": {FULL["id_evento"]}, "novo": 1'
    for first in (f'"{"x" * 36}"', FULL["id_evento"]):
        assert_equal(batch_of([b"{}", written(FULL | {"id_evento": first}, twice)]))


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED.name} beside this repository")
def test_every_shared_case() -> None:
    cases = [json.loads(line) for line in SHARED.read_text().splitlines()]
    values: list[bytes | None] = [
        json.dumps({k: json.loads(v) for k, v in FULL.items()} | {name: value}).encode()
        for case in cases
        for name, listed in case.items()
        if name != "what"
        for value in (listed if isinstance(listed, list) else [listed])
    ]
    assert len(values) >= len(cases)
    assert_equal(batch_of(values))


@pytest.mark.parametrize("micro", [-(2**62), -1000, 0, MICROS, 253_402_300_799_000_000, 2**62])
def test_any_time_that_kafka_may_hold(micro: int) -> None:
    assert_equal(batch_of([written(FULL), b"{"], [micro, micro]))


def test_a_slice_of_a_batch_and_no_batch() -> None:
    whole = batch_of([b"{", written(CLICK), None, written(FULL), b"\xff"])
    for start in range(6):
        for length in range(6 - start):
            assert_equal(whole.slice(start, length))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(written(FULL, '"novo": {"a": [1, "b"]}'), id="unknown field"),
        pytest.param(written(CLICK | {"id_pedido": "null", "id_evento": "null"}), id="nulls"),
        pytest.param(written(FULL | {"preco": "19.9"}), id="price as a number"),
        pytest.param(written(FULL | {"preco": "2E1"}), id="price with an exponent"),
        pytest.param(written(FULL | {"id_pedido": '"a,b"'}), id="comma in a text"),
        pytest.param(written(FULL | {"id_pedido": '"nullo"'}), id="no word for nothing"),
        pytest.param(written(FULL | {"id_evento": '"ajs-next-0123"'}), id="id of Segment"),
        pytest.param(
            written(FULL | {"id_evento": f'"{FULL["id_evento"][1:-1].upper()}"'}), id="upper case"
        ),
        *(
            pytest.param(written(CLICK | {"timestamp": f'"2025-05-14T16:16:00{zone}"'}), id=zone)
            for zone in ("-03:00", "+00:00", ".1234567-03:00")
        ),
    ],
)
def test_an_uncommon_event_needs_no_careful_decoder(
    value: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of([written(CLICK), value])
    expected = carefully(batch)
    monkeypatch.setattr(eventos, "decode_evento", None)
    assert expected.dead.num_rows == 0
    assert decode_eventos(batch).rows.equals(expected.rows)


def test_a_plain_event_needs_no_careful_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventos, "decode_evento", None)
    values: list[bytes | None] = [
        written(base, layout=layout) for base in PLAIN for layout in LAYOUTS[:2]
    ]
    decoded = decode_eventos(batch_of(values))
    assert decoded.rows["tipo_evento"].to_pylist()[::2] == [
        json.loads(base["tipo_evento"]) for base in PLAIN
    ]
    assert decoded.rows["preco"].to_pylist()[1:4] == [None, Decimal("19.90"), Decimal("19.90")]
    assert decoded.rows["id_evento"][0].as_py() == f"{TOPIC}-1-40"


@pytest.mark.parametrize("price", ["0e50", "0e-999999999", "-0.0", "0.000", '"0.00"'])
def test_a_zero_of_any_size_is_a_price(price: str) -> None:
    batch = batch_of([written(FULL | {"preco": price})])
    for decoded in (decode_eventos(batch), carefully(batch)):
        assert decoded.rows["preco"].to_pylist() == [Decimal("0.00")]


def test_a_broken_record_costs_its_neighbours_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def spy(raw: bytes | None, *, received_at: datetime) -> Any:
        seen.append(raw)
        return decode_evento(raw, received_at=received_at)

    monkeypatch.setattr(eventos, "decode_evento", spy)
    broken = [b'{"id_usuario": "u1"}', b"{]}", b'{"a": 1 "b": 2}', b'{"a": NaN}']
    decode_eventos(batch_of([written(FULL), *broken, written(CLICK)]))
    assert seen == broken


def test_a_batch_of_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventos, "AT_ONCE", 7)
    assert_equal(batch_of(_every_case()))


MOMENT = st.datetimes(datetime(1999, 12, 30), datetime(2026, 1, 1))  # noqa: DTZ001
NEAR = st.timedeltas(timedelta(minutes=-1), timedelta(minutes=6)).map(RECEIVED.__add__)
DRAWN = st.one_of(
    st.sampled_from(TOKENS),
    st.sampled_from([f'"{moment}"' for moment in MOMENTS]),
    st.sampled_from([f'"{tipo}"' for tipo in TipoEvento]),
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(json.dumps),
    st.decimals(0, 10**9, places=3).map(str),
    st.decimals(-1, 10**8, places=2).map(lambda price: f'"{price}"'),
    st.text(max_size=12).map(json.dumps),
    st.text(max_size=12).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.from_regex(r'\A"[ !#-~]{1,8}"\Z'),
    MOMENT.map(lambda moment: f'"{moment.isoformat()}"'),
    NEAR.map(lambda moment: f'"{moment.isoformat()}"'),
    st.uuids().map(lambda uuid: f'"{uuid}"'),
)


@st.composite
def a_record(draw: st.DrawFn) -> bytes:
    """An event with up to two fields of any content, in any order, sometimes spoilt as a whole."""
    fields = dict(draw(st.sampled_from(BASES)))
    fields |= draw(st.dictionaries(st.sampled_from(list(SKEWED)), DRAWN, max_size=2))
    if draw(st.integers(0, 9)) == 0:
        fields = dict(draw(st.permutations(list(fields.items()))))
    spoilt = draw(st.integers(0, 19))
    extra = draw(st.sampled_from(EXTRAS)) if spoilt == 0 else None
    layout = draw(st.sampled_from(LAYOUTS[:-1])) if spoilt == 1 else LAYOUTS[spoilt % 2]
    raw = written(fields, extra, layout)
    if spoilt == 2:
        place = draw(st.integers(0, len(raw)))
        return raw[:place] + draw(st.binary(max_size=3)) + raw[place + draw(st.integers(0, 2)) :]
    return raw


RECORDS_EACH = 40
BATCHES = st.lists(a_record(), min_size=RECORDS_EACH, max_size=RECORDS_EACH)
SEARCH = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow],
)


@settings(SEARCH, max_examples=2_000 // RECORDS_EACH)
@given(BATCHES)
def test_columns_say_what_the_careful_decoder_says(values: list[bytes | None]) -> None:
    assert_equal(batch_of(values))


@pytest.mark.slow
@pytest.mark.timeout(1200)
@settings(SEARCH, max_examples=20_000 // RECORDS_EACH)
@given(BATCHES)
def test_columns_say_it_of_20_000_records(values: list[bytes | None]) -> None:
    assert_equal(batch_of(values))


def test_another_model_by_the_same_way() -> None:
    schema = pa.schema([("id_produto", pa.string()), ("nivel_estoque", pa.int32())])

    def row_of(update: AtualizacaoEstoque, record: KafkaRecord, topic: str) -> tuple[Any, ...]:
        return (f"{topic}/{update.id_produto}/{record.offset}", update.nivel_estoque)

    good = (
        b'{"id_produto":"p","nivel_estoque":7,"ultima_atualizacao":"2025-05-14","id_armazem":"a"}'
    )
    batch = batch_of([good, b"{}"])
    decoded = decode_carefully(batch, decode_estoque, row_of, schema=schema, topic="estoque")
    assert decoded.rows.to_pylist() == [{"id_produto": "estoque/p/40", "nivel_estoque": 7}]
    assert decoded.dead.column("campo").to_pylist() == ["id_produto"]
