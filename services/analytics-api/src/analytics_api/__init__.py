"""analytics-api: answers what sells from memory by REST, a live stream and the shop's page."""
