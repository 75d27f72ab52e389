"""The warehouse: its tables, how rows get in exactly once, and how that is proven."""
