"""How Spark reads and writes `s3a://`; credentials come from the standard AWS chain."""

from service_runtime.settings import S3Settings


def s3a_options(settings: S3Settings) -> dict[str, str]:
    """Properties of the session. On AWS itself none: there S3A finds a bucket and its region."""
    if settings.s3_endpoint_url is None:
        return {}
    return {
        "spark.hadoop.fs.s3a.endpoint": settings.s3_endpoint_url,
        "spark.hadoop.fs.s3a.endpoint.region": settings.aws_region,
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
