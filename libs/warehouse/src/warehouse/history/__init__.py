"""Sales and products from files, beside what the stream wrote."""
