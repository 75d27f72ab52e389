"""Sales and products from files on S3 into the warehouse."""
