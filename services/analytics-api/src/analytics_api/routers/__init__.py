"""The HTTP routes: each parses a request, asks memory, and answers."""
