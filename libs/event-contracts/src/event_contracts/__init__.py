"""The contracts between the parts of Vitrine: models, names and reasons. No I/O."""
