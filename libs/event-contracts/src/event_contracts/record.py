"""Decodes the bytes of any record into its model; and the checks that all models share."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, get_args, get_type_hints

import msgspec
from msgspec import Meta

from event_contracts.rejection import Motivo, Rejeicao, out_of_range

MAX_RECORD_BYTES: Final = 64 * 1024
MAX_AHEAD: Final = timedelta(minutes=5)
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)

UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, InvalidOperation)
"""The errors of a strict decoder; the last one is for a number that no Decimal holds."""

ISO_MOMENT: Final = "ISO 8601, UTC where no offset is given"


def number_meta(description: str, least: int, most: float, **more: Any) -> Meta:
    """What the schema says of a field that is a number of this range."""
    return Meta(
        description=description, extra_json_schema={"minimum": least, "maximum": most, **more}
    )


T = TypeVar("T", bound=msgspec.Struct)


class RecordDecoder(Generic[T]):
    """Reads one model out of JSON. `moments` names the fields that may have any ISO 8601 form.

    `expected` describes each field that is no plain text; `unknown` holds the reason for a text
    that is no value of an enum. `convert` is msgspec's `dec_hook`.
    """

    def __init__(
        self,
        model: type[T],
        *,
        moments: Collection[str],
        expected: Mapping[str, str],
        unknown: Mapping[str, Motivo] = MappingProxyType({}),
        convert: Callable[[type, Any], Any] | None = None,
    ) -> None:
        exact: dict[str, Any] = {"dec_hook": convert, "float_hook": Decimal}
        self.strict: msgspec.json.Decoder[T] = msgspec.json.Decoder(model, **exact)
        self.strict_array = msgspec.json.Decoder(list[model], **exact)  # type: ignore[valid-type]
        self._model = model
        self._types: dict[str, Any] = get_type_hints(model)
        self._whole = {n for n, t in self._types.items() if int in (t, *get_args(t))}
        self._required = {f.name for f in msgspec.structs.fields(model) if f.required}
        self._moments = moments
        self._expected = expected
        self._unknown = unknown
        self._convert = convert

    def read(self, raw: bytes | None) -> T | list[Rejeicao]:
        """The model as the sender wrote it, or every reason why there is none."""
        problem = _unreadable(raw)
        if problem or raw is None:
            return [problem] if problem else []
        try:
            return self.strict.decode(raw)
        except UNREADABLE:
            return self.diagnose(raw)

    def diagnose(self, raw: bytes) -> T | list[Rejeicao]:
        """What the strict decoder refused, field by field; it alone accepts all of ISO 8601, and
        1.0 as an integer."""
        try:
            value = _ANY.decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            return [Rejeicao(Motivo.NAO_JSON, None, "not JSON")]
        if not isinstance(value, dict):
            return [Rejeicao(Motivo.NAO_OBJETO, None, "not a JSON object")]
        for name in self._moments:
            if isinstance(value.get(name), str):
                value[name] = _iso_or_text(value[name])
        for name in self._whole:
            if isinstance(value.get(name), Decimal):
                value[name] = _whole_or_fraction(value[name])
        problems = [p for name in self._types if (p := self._field_problem(value, name))]
        return problems or msgspec.convert(value, self._model, dec_hook=self._convert)

    def _field_problem(self, value: dict[str, Any], name: str) -> Rejeicao | None:
        if name not in value:
            missing = name in self._required
            return Rejeicao(Motivo.CAMPO_AUSENTE, name, "required") if missing else None
        try:
            msgspec.convert(value[name], self._types[name], dec_hook=self._convert)
        except msgspec.ValidationError:
            return self._wrong_type(name, value[name])
        return None

    def _wrong_type(self, name: str, value: object) -> Rejeicao:
        expected = "expected " + self._expected.get(name, "a string")
        if name in self._unknown and isinstance(value, str):
            return Rejeicao(self._unknown[name], name, expected)
        return Rejeicao(Motivo.TIPO_ERRADO, name, expected)


class TooManyElementsError(ValueError):
    """An array has more elements than its reader takes; none of them was decoded."""


def check_count(elements: Sequence[object], at_most: int) -> None:
    if len(elements) > at_most:
        raise TooManyElementsError(f"more than {at_most}")


_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])


def elements_of(array: bytes, *, at_most: int) -> list[bytes] | None:
    """The JSON of each element; None if there is no JSON array.

    Raises `TooManyElementsError` if it has more than `at_most`.
    """
    try:
        raws = _RAWS.decode(array)
    except (msgspec.MsgspecError, RecursionError):
        return None
    check_count(raws, at_most)
    return [bytes(raw) for raw in raws]


def exact_number(text: str) -> Decimal:
    """A number of JSON as it stands; one that no Decimal holds as infinite."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("Infinity")


_ANY: Final = msgspec.json.Decoder(float_hook=exact_number)


def _unreadable(raw: bytes | None) -> Rejeicao | None:
    if not raw:
        return Rejeicao(Motivo.VAZIO, None, "the record has no value")
    if len(raw) > MAX_RECORD_BYTES:
        return Rejeicao(Motivo.GRANDE_DEMAIS, None, f"more than {MAX_RECORD_BYTES} bytes")
    return None if is_utf8(raw) else Rejeicao(Motivo.NAO_UTF8, None, "not UTF-8")


def is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _iso_or_text(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


_MANY_DIGITS: Final = 30
"""More than any integer field may have, and few enough for `int`."""


def _whole_or_fraction(number: Decimal) -> Decimal | int:
    if not number.is_finite() or number != number.to_integral_value():
        return number
    return int(number) if number.adjusted() < _MANY_DIGITS else 10**_MANY_DIGITS


def as_utc(moment: datetime) -> datetime | None:
    """UTC where no offset is given; None where the instant lies outside the calendar."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def time_problems(name: str, instant: datetime | None, received_at: datetime) -> list[Rejeicao]:
    """An instant (of `as_utc`) from the year 2000 to 5 minutes after the receipt has none."""
    if instant is None or instant < OLDEST:
        return [out_of_range(name, f"expected {OLDEST.date()} or later")]
    if instant > received_at + MAX_AHEAD:
        minutes = MAX_AHEAD // timedelta(minutes=1)
        return [Rejeicao(Motivo.DATA_FUTURA, name, f"dated more than {minutes} minutes ahead")]
    return []
