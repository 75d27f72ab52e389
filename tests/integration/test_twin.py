"""The Arrow decoder against its plain DataFrame twin."""

import json
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.testing import assertDataFrameEqual
from tests.support.platform import REPOSITORY, local_settings
from tests.support.stream import STREAM, short_lived

from stream_processor.feeds.eventos import EVENTS_SCHEMA, decode_eventos
from vitrine_local.platform import LocalPlatform

NOW = datetime(2025, 5, 14, 19, 16, tzinfo=UTC)
RECORD = "key BINARY, value BINARY, partition INT, offset BIGINT, timestamp TIMESTAMP"
JSON = (
    "id_usuario STRING, tipo_evento STRING, id_produto STRING, timestamp TIMESTAMP, "
    "id_evento STRING, id_pedido STRING, quantidade BIGINT, preco DECIMAL(20, 4), "
    "id_sessao STRING, versao BIGINT"
)
SALES = ["compra", "devolucao", "cancelamento"]
TYPES = ["clique", "adicao_carrinho", "sonda", *SALES]
COUNT = 3000


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """Spark on the Java and the Python that the local platform would give it."""
    platform = LocalPlatform(local_settings(tmp_path_factory.mktemp("twin")))
    environment = platform.environment(STREAM) | short_lived(platform)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JAVA_HOME", "PYSPARK_PYTHON", "SPARK_LOCAL_IP", "SPARK_SUBMIT_OPTS"):
            patch.setenv(name, environment[name])
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
        yield session
        session.stop()


def _decode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield from decode_eventos(batch).rows.to_batches()


def _is_storable(name: str) -> Column:
    return F.octet_length(name).between(1, 128)


def twin(kafka: DataFrame) -> DataFrame:
    """The valid events of well-typed records, said with Spark's own functions."""
    fields = F.from_json(F.col("value").cast("string"), JSON).alias("evento")
    place = F.concat_ws("-", F.lit("eventos_clientes"), F.col("partition"), F.col("offset"))
    parsed = kafka.select(
        fields,
        place.alias("lugar"),
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.col("timestamp").alias("recebido_em"),
    ).select("evento.*", "lugar", "kafka_partition", "kafka_offset", "recebido_em")
    known = F.col("tipo_evento").isin(TYPES)
    named = _is_storable("id_usuario") & _is_storable("id_produto")
    in_time = F.col("timestamp").between(
        F.lit("2000-01-01").cast("timestamp"), F.col("recebido_em") + F.expr("INTERVAL 5 MINUTES")
    )
    counted = F.col("quantidade").isNull() | F.col("quantidade").between(1, 1_000_000)
    exact = F.col("preco") == F.round("preco", 2)
    priced = F.col("preco").isNull() | (F.col("preco").between(0, 99_999_999.99) & exact)
    ordered = F.col("id_pedido").isNull() | _is_storable("id_pedido")
    complete = F.col("id_pedido").isNotNull() & F.col("quantidade").isNotNull()
    bought = ~F.col("tipo_evento").isin(SALES) | (complete & F.col("preco").isNotNull())
    return (
        parsed.where(known & named & in_time)
        .where(counted & priced & ordered)
        .where(bought)
        .select(
            "id_usuario",
            "tipo_evento",
            "id_produto",
            F.to_timestamp_ntz("timestamp").alias("timestamp"),
            F.coalesce("id_evento", "lugar").alias("id_evento"),
            "id_pedido",
            F.col("quantidade").cast("int").alias("quantidade"),
            F.col("preco").cast("decimal(18, 2)").alias("preco"),
            "id_sessao",
            F.col("versao").cast("int").alias("versao"),
            "kafka_partition",
            "kafka_offset",
            F.to_timestamp_ntz("recebido_em").alias("recebido_em"),
            F.lit(None).cast("string").alias("id_evento_original"),
        )
    )


def _generated(rng: random.Random) -> dict[str, Any]:
    """A well-typed event, right in most fields and wrong in some."""
    moment = NOW + timedelta(seconds=rng.choice([-86_400, -5, 0, 200, 299, 301, 4000]))
    evento: dict[str, Any] = {
        "id_usuario": rng.choice(["u1", "ção", "x" * 128, "", "é" * 65]),
        "tipo_evento": rng.choice([*TYPES, *SALES, "visita"]),
        "id_produto": rng.choice(["p1", "p2", "p3"]),
        "timestamp": moment.isoformat(),
        "id_evento": rng.choice([None, str(UUID(int=rng.getrandbits(128)))]),
        "id_pedido": rng.choice([None, "o1", "o2", "o" * 129]),
        "quantidade": rng.choice([None, 1, 2, 0, 1_000_000, 1_000_001]),
        "preco": rng.choice([None, 0, 19.9, 0.01, 99_999_999.99, 100_000_000, -1, 1.005]),
        "id_sessao": rng.choice([None, "s1"]),
        "versao": rng.choice([None, 1]),
    }
    for name in rng.sample(sorted(evento), k=rng.choice([0, 0, 0, 1])):
        del evento[name]
    return evento


def test_the_decoder_equals_its_twin(spark: SparkSession) -> None:
    rng = random.Random(7)
    rows = [
        (b"k", json.dumps(_generated(rng)).encode(), offset % 2, offset, NOW)
        for offset in range(COUNT)
    ]
    kafka = spark.createDataFrame(rows, RECORD)
    decoded = kafka.mapInArrow(_decode, from_arrow_schema(EVENTS_SCHEMA))
    expected = twin(kafka)
    assert 100 < expected.count() < COUNT
    assertDataFrameEqual(decoded, expected)
