"""platform-jobs: prepares Kafka, the warehouse and MongoDB, and checks what they hold."""
