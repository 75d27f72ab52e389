"""What live metrics remember."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from event_contracts.evento import Evento, TipoEvento
from stream_processor.metrics import ACTIVITY, ActivityState, MinuteState, PartitionDelta
from stream_processor.metrics_documents import document_of, ready
from stream_processor.metrics_query import first_whole_minute
from stream_processor.metrics_task import closing_ms, merge

NAMESPACE = UUID(int=7)
NOON = int(datetime(2025, 5, 14, 12, tzinfo=UTC).timestamp())


def _evento(number: int, *, second: int = NOON, **changes: object) -> Evento:
    values: dict[str, object] = {
        "id_usuario": f"u{number % 5}",
        "tipo_evento": TipoEvento.CLIQUE,
        "id_produto": f"p{number % 3}",
        "timestamp": datetime.fromtimestamp(second, UTC),
        "id_evento": uuid5(NAMESPACE, str(number)),
    }
    return Evento(**(values | changes))  # type: ignore[arg-type]


def _purchase(number: int, pedido: str, preco: str) -> Evento:
    return _evento(
        number,
        tipo_evento=TipoEvento.COMPRA,
        id_pedido=pedido,
        quantidade=2,
        preco=Decimal(preco),
    )


def _state(eventos: list[Evento]) -> MinuteState:
    delta = PartitionDelta(0)
    for offset, evento in enumerate(eventos):
        delta.add(evento, topic="eventos_clientes", offset=offset)
    state = MinuteState()
    state.add(delta.minutes[NOON])
    return state


def test_a_minute_counts_orders_units_revenue_and_views() -> None:
    eventos = [
        _evento(0),
        _evento(3),
        _evento(1),
        _evento(4, tipo_evento=TipoEvento.ADICAO_CARRINHO),
        _purchase(10, "A", "19.90"),
        _purchase(11, "A", "0.05"),
        _purchase(12, "B", "100.00"),
    ]
    document = document_of(3, NOON, _state(eventos))
    assert document == {
        "_id": "minuto/2025-05-14T12:00:00Z/3",
        "tipo": "minuto",
        "minuto": NOON,
        "particao": 3,
        "pedidos": 2,
        "unidades": 6,
        "receita": "239.90",
        "visualizacoes": [{"id_produto": "p0", "n": 2}, {"id_produto": "p1", "n": 1}],
    }
    assert ready(document)["minuto"] == datetime(2025, 5, 14, 12, tzinfo=UTC)


def test_an_event_without_id_is_told_apart_by_its_offset() -> None:
    state = _state([_evento(0, id_evento=None), _evento(0, id_evento=None)])
    assert state.visualizacoes == {"p0": 2}


@given(
    numbers=st.lists(st.integers(0, 20), min_size=1, max_size=60),
    cut=st.integers(0, 60),
)
def test_repeats_count_once_however_they_are_batched(numbers: list[int], cut: int) -> None:
    once = _state([_evento(n) for n in dict.fromkeys(numbers)])
    batched = MinuteState()
    for part in (numbers[:cut], numbers[cut:]):
        if part:
            delta = PartitionDelta(0)
            for n in part:
                delta.add(_evento(n), topic="t", offset=0)
            batched.add(delta.minutes[NOON])
    assert batched.visualizacoes == once.visualizacoes
    assert batched.seen == once.seen


def test_each_user_stands_in_the_bucket_of_the_latest_event() -> None:
    activity = ActivityState()
    activity.add({"a": NOON + 12, "b": NOON + 19, "c": NOON + 20})
    activity.add({"a": NOON + 5, "c": NOON + 31})
    assert activity.buckets() == {NOON + 10: 2, NOON + 30: 1}


def test_users_long_inactive_are_forgotten() -> None:
    activity = ActivityState()
    activity.add({"a": NOON, "b": NOON + 400})
    assert activity.latest == {"b": NOON + 400}


def test_state_survives_its_own_encoding() -> None:
    empty = merge(ACTIVITY, None, [])
    assert isinstance(empty, ActivityState)
    assert isinstance(merge(NOON, None, []), MinuteState)


@pytest.mark.parametrize(
    ("watermark", "expected"),
    [
        pytest.param(NOON - 600, NOON + 120, id="one minute after its last second"),
        pytest.param(NOON + 300, NOON + 301, id="never behind the watermark, which Spark refuses"),
    ],
)
def test_closing(watermark: int, expected: int) -> None:
    assert closing_ms(NOON, watermark * 1000) == expected * 1000


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [
        pytest.param({0: 0, 1: 0}, 0, id="a topic read from its start misses nothing"),
        pytest.param({0: 0, 1: 9}, NOON + 360, id="else the first minute after what may be ahead"),
    ],
)
def test_first_whole_minute(offsets: dict[int, int], expected: int) -> None:
    since = datetime.fromtimestamp(NOON + 17, UTC)
    assert first_whole_minute(since, offsets) == expected
