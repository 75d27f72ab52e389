"""The tables: one SQL file each under `ddl/`, created where they are missing."""

from importlib.resources import files

from warehouse.connection import Warehouse

TABLES = (
    "eventos_clientes",
    "vendas",
    "eventos_rejeitados",
    "ingestao",
    "ingestao_epocas",
)


def ddl(table: str) -> str:
    """The CREATE TABLE statement of one table."""
    return (files("warehouse") / "ddl" / f"{table}.sql").read_text("utf-8")


def create_tables(warehouse: Warehouse) -> None:
    """Create what is missing; what exists is left as it is, so it may run at every start."""
    for table in TABLES:
        with warehouse.transaction() as transaction:
            transaction.execute(ddl(table))
