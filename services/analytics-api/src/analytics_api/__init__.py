"""What sells, told from memory: REST, a live stream and the shop's page."""
