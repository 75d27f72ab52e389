"""The edge: parse, ask memory, answer."""
