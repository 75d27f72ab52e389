"""The shop's files of sales and products, read and cleaned."""
