"""How the bytes of any record become its model, and the checks that all models share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, get_type_hints

import msgspec

from event_contracts.rejection import Motivo, Rejeicao

MAX_RECORD_BYTES: Final = 64 * 1024
MAX_TEXT_BYTES: Final = 128
MAX_AHEAD: Final = timedelta(minutes=5)
OLDEST: Final = datetime(2000, 1, 1, tzinfo=UTC)

T = TypeVar("T", bound=msgspec.Struct)


class RecordDecoder(Generic[T]):
    """Reads one model out of JSON. `moment` names the field that may have any ISO 8601 form.

    `expected` describes each field that is no plain text; `unknown` holds the reason for a text
    that is no value of an enum.
    """

    def __init__(
        self,
        model: type[T],
        *,
        moment: str,
        expected: Mapping[str, str],
        unknown: Mapping[str, Motivo] = MappingProxyType({}),
    ) -> None:
        self.strict: msgspec.json.Decoder[T] = msgspec.json.Decoder(model)
        self._model = model
        self._types: dict[str, Any] = get_type_hints(model)
        self._required = {f.name for f in msgspec.structs.fields(model) if f.required}
        self._moment = moment
        self._expected = expected
        self._unknown = unknown

    def read(self, raw: bytes | None) -> T | list[Rejeicao]:
        """The model as the sender wrote it, or every reason why there is none."""
        problem = _unreadable(raw)
        if problem or raw is None:
            return [problem] if problem else []
        try:
            return self.strict.decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            return self.diagnose(raw)

    def diagnose(self, raw: bytes) -> T | list[Rejeicao]:
        """What the strict decoder refused, field by field; it alone accepts all of ISO 8601."""
        try:
            value = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            return [Rejeicao(Motivo.NAO_JSON, None, "not JSON")]
        if not isinstance(value, dict):
            return [Rejeicao(Motivo.NAO_OBJETO, None, "not a JSON object")]
        if isinstance(value.get(self._moment), str):
            value[self._moment] = _iso_or_text(value[self._moment])
        problems = [p for name in self._types if (p := self._field_problem(value, name))]
        return problems or msgspec.convert(value, self._model)

    def _field_problem(self, value: dict[str, Any], name: str) -> Rejeicao | None:
        if name not in value:
            missing = name in self._required
            return Rejeicao(Motivo.CAMPO_AUSENTE, name, "required") if missing else None
        try:
            msgspec.convert(value[name], self._types[name])
        except msgspec.ValidationError:
            return self._wrong_type(name, value[name])
        return None

    def _wrong_type(self, name: str, value: object) -> Rejeicao:
        expected = "expected " + self._expected.get(name, "a string")
        if name in self._unknown and isinstance(value, str):
            return Rejeicao(self._unknown[name], name, expected)
        return Rejeicao(Motivo.TIPO_ERRADO, name, expected)


def _unreadable(raw: bytes | None) -> Rejeicao | None:
    if not raw:
        return Rejeicao(Motivo.VAZIO, None, "the record has no value")
    if len(raw) > MAX_RECORD_BYTES:
        return Rejeicao(Motivo.GRANDE_DEMAIS, None, f"more than {MAX_RECORD_BYTES} bytes")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return Rejeicao(Motivo.NAO_UTF8, None, "not UTF-8")
    return None


def _iso_or_text(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def as_utc(moment: datetime) -> datetime | None:
    """UTC where no offset is given; None where the instant lies outside the calendar."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def out_of_range(name: str, detail: str) -> Rejeicao:
    """A value of the right type that no table can hold or no shop can mean."""
    return Rejeicao(Motivo.FORA_DA_FAIXA, name, detail)


_TEXT_DETAIL: Final = f"expected 1 to {MAX_TEXT_BYTES} bytes without control characters"


def text_problems(names: Iterable[str], texts: tuple[str | None, ...]) -> list[Rejeicao]:
    """The texts that cannot be stored; an absent one can."""
    if all(map(_is_storable, texts)):
        return []
    return [
        out_of_range(name, _TEXT_DETAIL)
        for name, text in zip(names, texts, strict=True)
        if not _is_storable(text)
    ]


def _is_storable(text: str | None) -> bool:
    if text is None:
        return True
    length = len(text) if text.isascii() else len(text.encode())
    return 0 < length <= MAX_TEXT_BYTES and text.isprintable()


def time_problems(name: str, instant: datetime | None, received_at: datetime) -> list[Rejeicao]:
    """An instant (of `as_utc`) from the year 2000 to 5 minutes after the receipt has none."""
    if instant is None or instant < OLDEST:
        return [out_of_range(name, f"expected {OLDEST.date()} or later")]
    if instant > received_at + MAX_AHEAD:
        minutes = MAX_AHEAD // timedelta(minutes=1)
        return [Rejeicao(Motivo.DATA_FUTURA, name, f"dated more than {minutes} minutes ahead")]
    return []
