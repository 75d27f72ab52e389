"""Kafka's events into the warehouse, exactly once, and into live metrics, by Spark."""
