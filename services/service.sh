#!/bin/sh
# Runs the service that an image is made of; its module is its name in snake case.
exec python -m "$(echo "$PACKAGE" | tr - _).main" "$@"
