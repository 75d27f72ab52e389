"""The HTTP edge for Segment's clients: the paths that they post to, and what they are answered."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import FastAPI
from opentelemetry import trace
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from event_producer import segment_openapi
from event_producer.answers import encode, refused, unavailable
from event_producer.body import read_body
from event_producer.commit import GroupCommit
from event_producer.metric_names import SPAN_SEGMENT
from event_producer.metrics import Metrics
from event_producer.origins import Origins
from event_producer.refusal import RefusedError, UnavailableError
from event_producer.segment_intake import SegmentIntake, take_in_calls
from event_producer.tracing import server_span, trace_headers

_CALLS: Final = ("track", "page", "screen", "identify", "group", "alias")
_BATCHES: Final = ("batch", "b", "import")
_TYPES: Final[dict[str, str | None]] = {
    **{name: call for call in _CALLS for name in (call, call[0])},
    **dict.fromkeys(_BATCHES),
}
"""The last part of a path and the type of its calls, None where a body has many: in full as the
API has them, by one letter as analytics.js and the mobile SDKs do, and `import/` of Java's."""

PATHS: Final = {f"/v1/{name}{end}": call for name, call in _TYPES.items() for end in ("", "/")}
_TAKEN: Final = encode({"success": True})


class SegmentEndpoint:
    """`POST` to any of `PATHS`, as an ASGI application."""

    def __init__(
        self, *, commit: GroupCommit, metrics: Metrics, origins: Origins, new_id: Callable[[], UUID]
    ) -> None:
        self._commit = commit
        self._metrics = metrics
        self._origins = origins
        self._new_id = new_id
        self._tracer = trace.get_tracer(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive, send))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """200 once every event that the contract takes is safe, whatever else was left: a client
        of Segment drops its whole batch for a 4xx, and sends it again after a 5xx."""
        try:
            taken = await self._take(request)
        except RefusedError as error:
            return refused(error)
        except UnavailableError as error:
            return unavailable(error)
        self._metrics.left(taken.left)
        self._metrics.refused(problem.motivo for _, problem in taken.intake.problems)
        return Response(_TAKEN, media_type="application/json")

    async def _take(self, request: Request) -> SegmentIntake:
        body = await read_body(request, self._origins)
        with server_span(self._tracer, SPAN_SEGMENT, request):
            taken = take_in_calls(
                body,
                type_of_call=PATHS[request.scope["path"]],
                received_at=datetime.now(UTC),
                headers=trace_headers(),
                new_id=self._new_id,
            )
            if taken.intake.messages:
                await self._commit.submit(taken.intake.messages)
        return taken


def add_routes(app: FastAPI, endpoint: SegmentEndpoint) -> None:
    """Document the paths in full; the others are the same."""
    for path, documented in segment_openapi.OPERATIONS.items():
        app.post(
            path,
            summary=documented.summary,
            description=segment_openapi.DESCRIPTION,
            responses=segment_openapi.RESPONSES,
            openapi_extra=documented.operation,
            response_class=Response,
        )(endpoint.answer)
