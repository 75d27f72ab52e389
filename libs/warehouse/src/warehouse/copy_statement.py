"""COPY of staged Parquet files into a table."""

from warehouse.transaction import Transaction


def copy_parquet(transaction: Transaction, table: str, manifest: str, *, iam_role: str) -> None:
    """COPY takes no parameters; all three parts are our own and hold no quote."""
    role = "default" if iam_role == "default" else f"'{iam_role}'"
    transaction.execute(
        f"COPY {table} FROM '{manifest}' IAM_ROLE {role} FORMAT AS PARQUET MANIFEST"
    )
