"""lag-scaler: as many consumers as keep the lag of a Kafka group short in seconds."""
