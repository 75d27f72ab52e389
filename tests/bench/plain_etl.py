"""The job to compare batch-etl with: PySpark as its documentation teaches it, without any code of
Vitrine but the bench's own pause.

`python -m tests.bench.plain_etl FOLDER FORM JDBC_URL SCHEMA JAR`, with the warehouse's password in
JDBC_PASSWORD. It knows no ledger, no dead rows with a reason, no other encodings and no second run.
"""

import os
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from tests.bench.pause import pause

SALES = (
    "id_pedido STRING, id_produto STRING, id_usuario STRING, quantidade INT, "
    "preco DECIMAL(18, 2), data TIMESTAMP, regiao STRING"
)
PRODUCTS = "id_produto STRING, nome STRING, categoria STRING, preco_lista DECIMAL(18, 2)"
SHOP_TIME = "America/Sao_Paulo"


def build_session(jar: str) -> SparkSession:
    """Two cores, and no more partitions than that."""
    return (
        SparkSession.builder.appName("plain-etl")
        .master("local[2]")
        .config("spark.jars", jar)
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", 4)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )


def read(session: SparkSession, path: str, form: str, schema: str) -> DataFrame:
    """The rows of all files at a path."""
    if form == "csv":
        return session.read.schema(schema).option("header", True).csv(path)
    return session.read.schema(schema).parquet(path)


def cleaned(sales: DataFrame) -> DataFrame:
    """Trimmed, with the valid rows alone, each sale once."""
    texts = ("id_pedido", "id_produto", "id_usuario", "regiao")
    return (
        sales.withColumns({name: F.trim(name) for name in texts})
        .where("id_pedido <> '' AND id_produto <> '' AND data IS NOT NULL")
        .where("quantidade BETWEEN 1 AND 1000000 AND preco BETWEEN 0 AND 99999999.99")
        .dropDuplicates(["id_pedido", "id_produto"])
        .withColumn("regiao", F.upper("regiao"))
    )


def figures(sales: DataFrame, keys: list[str], *, customers: bool) -> DataFrame:
    """Orders, units, revenue and, if asked for, customers of each key."""
    columns = [
        F.countDistinct("id_pedido").alias("pedidos"),
        F.sum("quantidade").alias("unidades"),
        F.sum(F.col("quantidade") * F.col("preco")).alias("receita"),
    ]
    if customers:
        columns.append(F.countDistinct("id_usuario").alias("clientes"))
    return sales.groupBy(*keys).agg(*columns)


def load(session: SparkSession, folder: str, form: str, days: str, jdbc: dict[str, str]) -> None:
    """Files of some days into the table of sales and the three of figures."""

    def append(frame: DataFrame, table: str) -> None:
        frame.write.format("jdbc").options(**jdbc, dbtable=f"{jdbc['schema']}.{table}").mode(
            "append"
        ).save()

    sales = cleaned(read(session, f"{folder}/{form}/vendas/data={days}", form, SALES)).cache()
    products = read(session, f"{folder}/{form}/produtos", form, PRODUCTS)
    append(sales.withColumn("data", F.to_utc_timestamp("data", SHOP_TIME)), "vendas")
    dated = sales.join(products, "id_produto", "left").withColumns(
        {"dia": F.to_date("data"), "mes": F.to_date(F.date_trunc("month", "data"))}
    )
    append(figures(dated, ["dia", "regiao", "categoria"], customers=True), "vendas_diarias")
    append(figures(dated, ["dia", "id_produto"], customers=False), "produtos_diarios")
    append(figures(dated, ["mes"], customers=True), "receita_mensal")
    sales.unpersist()


def main(folder: str, form: str, jdbc_url: str, schema: str, jar: str) -> None:
    """A day to warm up, and the month."""
    session = build_session(jar)
    jdbc = {
        "url": jdbc_url,
        "schema": schema,
        "driver": "org.postgresql.Driver",
        "user": "vitrine",
        "password": os.environ["JDBC_PASSWORD"],
        "batchsize": "10000",
    }
    for days in ("2025-08-31", "2025-09-*"):
        load(session, folder, form, days, jdbc)
        pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
