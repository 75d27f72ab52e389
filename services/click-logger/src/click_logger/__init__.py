"""click-logger: the log of events and each customer's activity, in MongoDB."""
