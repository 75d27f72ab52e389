"""What Spark applications share; what only a stream needs stays with the stream."""
