"""inventory-poller: polls stock APIs and puts what changed on Kafka."""
