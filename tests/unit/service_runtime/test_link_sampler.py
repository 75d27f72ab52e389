"""A batch is sampled with any trace in it."""

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from opentelemetry.trace import Link, SpanContext, TraceFlags

from service_runtime.link_sampler import LinkSampler


def link(flags: int) -> Link:
    return Link(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(flags)))


@pytest.mark.parametrize(
    ("otherwise", "links", "is_sampled"),
    [
        pytest.param(ALWAYS_OFF, [link(0), link(1)], True, id="one link is sampled"),
        pytest.param(ALWAYS_OFF, [link(0)], False, id="no link is sampled"),
        pytest.param(ALWAYS_OFF, [], False, id="no link"),
        pytest.param(ALWAYS_OFF, None, False, id="links are not told"),
        pytest.param(ALWAYS_ON, None, True, id="sampled by itself"),
    ],
)
def test_who_is_sampled(otherwise: Sampler, links: list[Link] | None, is_sampled: bool) -> None:
    result = LinkSampler(otherwise).should_sample(None, 1, "process", links=links)
    assert result.decision.is_sampled() == is_sampled
