"""What an image keeps of the packages, seen on those that are installed."""

import runpy
from pathlib import Path

import pytest
from tests.support.pruned_packages import link_packages

PRUNE = runpy.run_path(str(Path(__file__).parents[3] / "spark-apps" / "prune.py"))
kept_by, prune = PRUNE["kept_by"], PRUNE["prune"]
KEEPS_MLLIB = '[tool.vitrine]\nkeeps = ["mllib"]\n'


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    link_packages(tmp_path)
    return tmp_path


def _parts(packages: Path) -> set[str]:
    """Those of MLlib, Hive and Spark's SQL that are left."""
    jars = {path.name.rpartition("-")[0] for path in (packages / "pyspark" / "jars").glob("*.jar")}
    folders = {path.name for path in (packages / "pyspark").iterdir() if path.is_dir()}
    return (jars | folders) & {"spark-mllib_2.13", "ml", "spark-hive_2.13", "spark-sql_2.13", "sql"}


def test_by_default_only_the_core_is_kept(packages: Path) -> None:
    prune(packages, kept_by("[project]\n"))
    assert _parts(packages) == {"spark-sql_2.13", "sql"}


def test_an_application_keeps_what_it_names(packages: Path) -> None:
    prune(packages, kept_by(KEEPS_MLLIB))
    assert _parts(packages) == {"spark-sql_2.13", "sql", "spark-mllib_2.13", "ml"}


def test_a_part_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match=r"\['mlib'\]; there are \['hive', 'mllib', 'rocksdb'\]"):
        kept_by('[tool.vitrine]\nkeeps = ["mlib"]\n')


def test_a_list_that_is_out_of_date_is_found(packages: Path) -> None:
    (jar,) = (packages / "pyspark" / "jars").glob("lapack-*.jar")
    jar.unlink()
    with pytest.raises(FileNotFoundError, match="lapack"):
        prune(packages, [])
