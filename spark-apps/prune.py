"""Removes from an image what its application cannot reach: prune.py SITE_PACKAGES PYPROJECT

An application keeps a part of Spark that it needs by naming it in its pyproject.toml:

    [tool.vitrine]
    keeps = ["mllib"]
"""

import shutil
import sys
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final


def _jars(names: str) -> list[str]:
    return [f"pyspark/jars/{name}-[0-9]*.jar" for name in names.split()]


PARTS: Final = {
    # MLlib, GraphX and the linear algebra below them.
    "mllib": [
        *_jars(
            "spark-mllib_2.13 spark-mllib-local_2.13 spark-graphx_2.13 breeze_2.13"
            " breeze-macros_2.13 spire_2.13 spire-macros_2.13 spire-platform_2.13 spire-util_2.13"
            " cats-kernel_2.13 algebra_2.13 lapack blas arpack arpack_combined_all JTransforms"
            " JLargeArrays"
        ),
        "pyspark/ml",
        "pyspark/mllib",
    ],
    # Where Spark's own stateful operators may keep their state.
    "rocksdb": _jars("rocksdbjni"),
    # Hive's metastore and the databases it keeps itself in.
    "hive": _jars(
        "hive-exec hive-metastore hive-service-rpc hive-beeline hive-cli hive-common hive-jdbc"
        " hive-serde hive-shims hive-shims-common hive-shims-scheduler spark-hive_2.13"
        " spark-hive-thriftserver_2.13 derby datanucleus-core datanucleus-rdbms"
        " datanucleus-api-jdo"
    ),
}
"""What an application may keep, by name, as patterns below the packages."""

ALWAYS: Final = [
    # Spark Connect's server, and the REPL's compiler: a driver in this process speaks by Py4J.
    *_jars("spark-connect_2.13 scala-compiler spark-repl_2.13 jline"),
    # Natives of other systems than this image's.
    "pyspark/jars/*-osx-*.jar",
    "pyspark/jars/*-windows-*.jar",
    "pyspark/jars/*-linux-aarch_64.jar",
    "pyspark/jars/connect-repl",
    # Archives of the modules that are installed, and before them when modules are looked for.
    "pyspark/python/lib",
    "pyspark/examples",
    "pyspark/data",
    # What Arrow is compiled from and compiled against, and its RPC.
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/*.px[di]",
    "pyarrow/*.pyx",
    "pyarrow/tests",
    "pyarrow/libarrow_flight.so*",
    "pyarrow/libarrow_python_flight.so*",
    "pyarrow/_flight*",
    # Copies of what is loaded by the name with the ABI's version; a wheel cannot hold links.
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
    # Tests of the others.
    "pandas/tests",
    "numpy/*/tests",
    "numpy/tests",
]


def kept_by(pyproject: str) -> list[str]:
    """The parts that an application keeps. ValueError for one that is not known."""
    kept: list[str] = tomllib.loads(pyproject).get("tool", {}).get("vitrine", {}).get("keeps", [])
    if unknown := sorted(set(kept) - PARTS.keys()):
        raise ValueError(f"tool.vitrine.keeps names {unknown}; there are {sorted(PARTS)}")
    return kept


def prune(packages: Path, kept: Collection[str]) -> None:
    """Remove the rest. FileNotFoundError where a pattern finds nothing: its list is out of date."""
    _remove(packages, ALWAYS)
    for name, patterns in PARTS.items():
        if name not in kept:
            _remove(packages, patterns)


def _remove(packages: Path, patterns: Iterable[str]) -> None:
    for pattern in patterns:
        found = list(packages.glob(pattern))
        if not found:
            raise FileNotFoundError(f"{pattern} is not below {packages}")
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Prune; one line where the application asks for what is not known."""
    packages, pyproject = sys.argv[1:]
    try:
        kept = kept_by(Path(pyproject).read_text("utf-8"))
    except ValueError as error:
        sys.exit(str(error))
    prune(Path(packages), kept)


if __name__ == "__main__":
    main()
