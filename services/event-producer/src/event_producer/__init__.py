"""event-producer: takes events over HTTP and confirms them once Kafka or its disk has them."""
