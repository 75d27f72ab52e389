"""Patience without end: an outage makes lag, never a dead letter and never the end of a query."""

from functools import partial

import stamina

from service_runtime.errors import TransientError

wait_and_retry = partial(
    stamina.retry_context,
    on=TransientError,
    attempts=None,
    timeout=None,
    wait_initial=0.2,
    wait_max=10.0,
)
