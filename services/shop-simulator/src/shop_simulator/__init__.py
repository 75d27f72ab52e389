"""shop-simulator: one make-believe shop that knows what it sent."""
