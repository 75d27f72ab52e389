"""How Spark reaches S3."""

from service_runtime.settings import S3Settings
from spark_runtime.s3 import s3a_options


def settings(**told: str) -> S3Settings:
    return S3Settings.model_validate(told)


def test_on_aws_itself_nothing_is_told() -> None:
    assert s3a_options(settings(aws_region="sa-east-1")) == {}


def test_another_endpoint_is_told_with_its_region_and_has_buckets_as_paths() -> None:
    told = settings(aws_region="sa-east-1", s3_endpoint_url="http://s3:9000")
    assert s3a_options(told) == {
        "spark.hadoop.fs.s3a.endpoint": "http://s3:9000",
        "spark.hadoop.fs.s3a.endpoint.region": "sa-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
