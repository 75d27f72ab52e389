"""The job to compare with: PySpark as its documentation teaches it, without any code of Vitrine.

`python -m tests.bench.plain_job SERVERS JDBC_URL CHECKPOINTS OFFSETS_PER_BATCH JARS`, with the
warehouse's password in JDBC_PASSWORD. One query appends every event once to a table, the other
keeps each product's figures of each minute. It ends when all that was there has been read. It
knows neither dead letters nor a ledger, and does not count who is active.
"""

import os
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

SCHEMA = (
    "id_evento STRING, id_usuario STRING, tipo_evento STRING, id_produto STRING, "
    "timestamp TIMESTAMP, id_pedido STRING, quantidade INT, preco DECIMAL(18, 2), "
    "id_sessao STRING, versao INT"
)
EVENTS_TABLE = "bench_eventos"
MINUTES_TABLE = "bench_minutos"


def build_session(jars: str) -> SparkSession:
    """Two cores and as many partitions of state, which is kept on the heap."""
    return (
        SparkSession.builder.appName("plain-job")
        .master("local[2]")
        .config("spark.jars", jars)
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )


def events(session: SparkSession, servers: str, offsets_per_batch: str) -> DataFrame:
    """Every valid event, the first time it comes."""
    return (
        session.readStream.format("kafka")
        .option("kafka.bootstrap.servers", servers)
        .option("subscribe", "eventos_clientes")
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", offsets_per_batch)
        .load()
        .select(F.from_json(F.col("value").cast("string"), SCHEMA).alias("evento"))
        .select("evento.*")
        .where("id_evento IS NOT NULL AND id_usuario IS NOT NULL AND id_produto IS NOT NULL")
        .where("timestamp IS NOT NULL")
        .where("tipo_evento IN ('clique', 'adicao_carrinho', 'compra')")
        .withWatermark("timestamp", "5 minutes")
        .dropDuplicatesWithinWatermark(["id_evento"])
    )


def minutes(eventos: DataFrame) -> DataFrame:
    """Views, units and revenue of each product in each minute."""
    bought = F.col("tipo_evento") == "compra"
    return (
        eventos.groupBy(F.window("timestamp", "1 minute").alias("janela"), "id_produto")
        .agg(
            F.count_if(F.col("tipo_evento") == "clique").alias("visualizacoes"),
            F.sum(F.when(bought, F.col("quantidade"))).alias("unidades"),
            F.sum(F.when(bought, F.col("quantidade") * F.col("preco"))).alias("receita"),
        )
        .select(
            F.col("janela.start").alias("minuto"),
            "id_produto",
            "visualizacoes",
            "unidades",
            "receita",
        )
    )


def main(servers: str, jdbc_url: str, checkpoints: str, offsets_per_batch: str, jars: str) -> None:
    """Run both queries to the end of the topic."""
    session = build_session(jars)
    options = {
        "driver": "org.postgresql.Driver",
        "user": "vitrine",
        "password": os.environ["JDBC_PASSWORD"],
        "batchsize": "10000",
    }

    def append(table: str, frame: DataFrame, batch_id: int) -> None:
        numbered = frame.withColumn("batch_id", F.lit(batch_id))
        numbered.write.jdbc(jdbc_url, table, mode="append", properties=options)

    eventos = events(session, servers, offsets_per_batch)
    for table, frame in ((EVENTS_TABLE, eventos), (MINUTES_TABLE, minutes(eventos))):
        (
            frame.writeStream.outputMode("append" if table == EVENTS_TABLE else "update")
            .foreachBatch(lambda batch, number, table=table: append(table, batch, number))
            .option("checkpointLocation", f"{checkpoints}/{table}")
            .trigger(availableNow=True)
            .start()
        )
    while session.streams.active:
        session.streams.awaitAnyTermination()
        session.streams.resetTerminated()


if __name__ == "__main__":
    main(*sys.argv[1:])
