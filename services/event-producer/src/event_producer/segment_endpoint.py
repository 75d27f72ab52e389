"""The HTTP endpoint for Segment's clients: the paths that they post to, and the answers."""

from datetime import UTC, datetime
from typing import Final

from opentelemetry import trace
from starlette.types import Receive, Scope, Send

from event_producer.answer import Answer, json_answer, refused, send_answer, unavailable
from event_producer.body import read_body
from event_producer.dependencies import Dependencies
from event_producer.intake import Headers
from event_producer.metric_names import SPAN_SEGMENT
from event_producer.models import Sucesso
from event_producer.refusal import RefusedError, UnavailableError, motivos_of
from event_producer.segment_intake import SegmentIntake, take_in_calls
from event_producer.tracing import UNTRACED, server_span, trace_headers

_CALLS: Final = ("track", "page", "screen", "identify", "group", "alias")
_BATCHES: Final = ("batch", "b", "import")
_TYPES: Final[dict[str, str | None]] = {
    **{name: call for call in _CALLS for name in (call, call[0])},
    **dict.fromkeys(_BATCHES),
}
"""The last part of a path and the type of its calls, None where a body has many: in full as the
API has them, by one letter as analytics.js and the mobile SDKs do, and `import/` of Java's."""

SEGMENT_PATHS: Final = {
    f"/v1/{name}{end}": call for name, call in _TYPES.items() for end in ("", "/")
}


class SegmentEndpoint:
    """`POST` to any of `SEGMENT_PATHS`, as an ASGI application.

    The answer is 200 once every valid event is stored, though others were skipped or refused: a
    client of Segment drops its whole batch after a 4xx, and sends it again after a 5xx.
    """

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except RefusedError as error:
            answer = refused(error)
        except UnavailableError as error:
            answer = unavailable(error)
        await send_answer(send, answer)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers, type_of_call = dict(scope["headers"]), SEGMENT_PATHS[scope["path"]]
        body = await read_body(headers, receive, self._dependencies.origins)
        if not (self._dependencies.traced or b"traceparent" in headers):
            taken = await self._take(body, type_of_call, UNTRACED)
        else:
            with server_span(self._tracer, SPAN_SEGMENT, headers):
                taken = await self._take(body, type_of_call, trace_headers())
        self._dependencies.metrics.skipped(taken.skipped)
        self._dependencies.metrics.refused(motivos_of(taken.intake.problems))
        return json_answer(200, Sucesso(success=True))

    async def _take(self, body: bytes, type_of_call: str | None, headers: Headers) -> SegmentIntake:
        taken = take_in_calls(
            body,
            type_of_call=type_of_call,
            received_at=datetime.now(UTC),
            headers=headers,
            new_id=self._dependencies.new_id,
        )
        if taken.intake.messages:
            await self._dependencies.commit.submit(taken.intake.messages)
        return taken
