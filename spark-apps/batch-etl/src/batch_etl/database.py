"""DuckDB within the limits of a task."""

import duckdb


def open_database(folder: str, *, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A new database in memory; what does not fit is written to the folder.

    One thread: rows stay in order, and Spark runs other tasks beside this one.
    """
    return duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": memory_limit,
            "temp_directory": folder,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
