"""Products that customers may like."""

from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def recommendations(ratings: DataFrame, *, each: int) -> DataFrame:
    """The best products of every customer, by what others liked."""
    columns = {"userCol": "customer", "itemCol": "product", "ratingCol": "rating"}
    model = ALS(rank=2, maxIter=3, seed=1, **columns).fit(ratings)
    return model.recommendForAllUsers(each).select(
        "customer", F.col("recommendations.product").alias("products")
    )
