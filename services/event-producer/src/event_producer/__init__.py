"""event-producer: HTTP in, Kafka out, and nothing claimed that is not stored."""
