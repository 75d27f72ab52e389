"""The warehouse: its tables, loading that writes each row exactly once, and the audit of it."""
