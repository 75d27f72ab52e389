"""What Airflow may be told, and what it refuses."""

from dataclasses import fields
from pathlib import Path

import pytest
from dags.vitrine_dags.settings import Settings, SettingsError

from analytics_api.settings import Settings as ApiSettings

DOCS = Path(__file__).parents[3] / "docs" / "airflow.md"


def test_nothing_needs_to_be_set() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment({"VITRINE_NAMESPACE": ""}) == Settings()


def test_a_variable_sets_its_field() -> None:
    told = {"VITRINE_NAMESPACE": "loja", "VITRINE_SPARK_RUNNER": "spark-operator"}
    assert Settings.from_environment(told) == Settings(
        namespace="loja", spark_runner="spark-operator"
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("VITRINE_SPARK_RUNNER", "yarn", id="no such runner"),
        pytest.param("VITRINE_DAYS_BACK", "-1", id="no number of days"),
        pytest.param("VITRINE_DAYS_BACK", "7 }}", id="no template either"),
        pytest.param("VITRINE_SHOP_TIMEZONE", "Sao Paulo'", id="no time zone"),
        pytest.param("VITRINE_BATCH_ETL_IMAGE", "vitrine/batch-etl", id="no tag"),
        pytest.param("VITRINE_BATCH_ETL_IMAGE", "host:5000/batch-etl", id="a port is no tag"),
        pytest.param("VITRINE_PLATFORM_JOBS_IMAGE", "vitrine/jobs:latest", id="latest"),
    ],
)
def test_a_wrong_value_is_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize("image", ["host:5000/batch-etl:v9", "vitrine/batch-etl@sha256:0a"])
def test_a_pinned_image_is_taken(image: str) -> None:
    assert Settings.from_environment({"VITRINE_BATCH_ETL_IMAGE": image}).batch_etl_image == image


def test_days_are_those_of_the_api() -> None:
    assert Settings().shop_timezone == ApiSettings.model_fields["shop_timezone"].default


def test_the_page_names_every_variable_and_its_default() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `VITRINE_")]
    for field in fields(Settings):
        (row,) = (row for row in rows if f"`VITRINE_{field.name.upper()}`" in row)
        assert f"`{field.default}`" in row or not field.default
