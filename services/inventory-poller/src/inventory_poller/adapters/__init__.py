"""One module per stock API: its settings, its credentials and how it is read. None does any I/O."""
