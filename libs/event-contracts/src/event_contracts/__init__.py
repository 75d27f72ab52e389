"""What every part of Vitrine agrees on: models, names and reasons. No I/O."""
