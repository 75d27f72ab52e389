"""platform-jobs: prepares Kafka, the warehouse and MongoDB, and audits what they hold."""
