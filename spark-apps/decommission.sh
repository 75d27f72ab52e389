#!/bin/sh
# Runs before Kubernetes ends an executor, which is the container's first process: it takes no further
# task, and ends after those that it runs.
kill -PWR 1
while kill -0 1; do
    sleep 1
done
