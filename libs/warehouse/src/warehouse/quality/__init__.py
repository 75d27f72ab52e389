"""Checks of the data: declared beside each table in YAML, measured, judged and recorded."""
