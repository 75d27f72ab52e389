"""How a column of text is cleaned and checked, in SQL.

A column `x` of the file is `r_x`; trimmed, and NULL where it names no value, it is `t_x`; a moment
in the shop's time zone is `l_x`; the value is `x`. The checks are conditions over `t_x` and `x`, in
the order in which they are tried.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from batch_etl.decimal_mark import GROUPS, grouped
from batch_etl.layout import ColumnKind, Field
from batch_etl.local_time import LOCAL
from batch_etl.raw_rows import state_name
from batch_etl.reasons import MotivoLinha
from event_contracts.evento import MAX_PRECO, MAX_QUANTIDADE
from event_contracts.record import OLDEST
from event_contracts.texts import BLANKS, CONTROLS, MAX_TEXT_BYTES, NO_NUMBER, NO_VALUES

MAX_NAME_BYTES: Final = 512
MAX_AHEAD: Final = timedelta(days=1)
"""Of a sale's moment before the present."""

Check = tuple[str, MotivoLinha]


@dataclass(frozen=True, slots=True)
class Cleaning:
    """The SQL of one column: its text, its value, and what is wrong with it. A moment's local
    time is `local`."""

    text: str
    value: str
    checks: tuple[Check, ...]
    local: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How numbers and moments are written: the decimal mark, and SQL that makes UTC of the local
    time LOCAL; `latest` is SQL for the latest moment that a sale may have."""

    mark: str
    as_utc: str
    latest: str


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


_LONGEST_WORD: Final = max(map(len, NO_VALUES))
_WORDS: Final = ", ".join(quoted(word.lower()) for word in NO_VALUES)
_BREAKS: Final = "\t\n\v\f\r"


def _class(characters: str) -> str:
    return "[" + "".join(f"\\x{{{ord(c):x}}}" for c in characters) + "]"


def trimmed(raw: str) -> str:
    """SQL for `raw` without the blanks around it. ASCII has one blank, for which DuckDB is fast."""
    is_ascii = f"strlen({raw}) = length({raw})"
    return f"CASE WHEN {is_ascii} THEN trim({raw}) ELSE trim({raw}, {quoted(BLANKS)}) END"


def filled(text: str) -> str:
    """SQL for `text`, NULL where it is empty or a word for a missing value."""
    nothing = f"{text} IN ('', {quoted(NO_NUMBER)}) OR lower({text}) IN ({_WORDS})"
    return f"CASE WHEN strlen({text}) > {_LONGEST_WORD} OR NOT ({nothing}) THEN {text} END"


def clean_text(field: Field, reading: Reading) -> Cleaning:
    """The cleaning of a column of text."""
    name = field.name
    match field.kind:
        case ColumnKind.ID:
            return _text(field, trimmed(f"r_{name}"), longest=MAX_TEXT_BYTES)
        case ColumnKind.NAME:
            return _text(field, _single_spaced(f"r_{name}"), longest=MAX_NAME_BYTES)
        case ColumnKind.CATEGORY:
            spelling = f"lower(nfc_normalize({_single_spaced(f'r_{name}')}))"
            return _text(field, spelling, longest=MAX_TEXT_BYTES)
        case ColumnKind.STATE:
            return Cleaning("NULL", state_name(name), ())
        case ColumnKind.COUNT:
            return _count(field, f"nullif({trimmed(f'r_{name}')}, '')", reading.mark)
        case ColumnKind.PRICE:
            return _price(field, f"nullif({trimmed(f'r_{name}')}, '')", reading.mark)
        case ColumnKind.MOMENT:
            text = f"nullif({trimmed(f'r_{name}')}, '')"
            return moment(
                field, text, reading, local=_local(f"t_{name}"), aware=_aware(f"t_{name}")
            )


def absence_checks(field: Field) -> tuple[Check, ...]:
    """The check that a value is there; none for a column that is not required."""
    if not field.required:
        return ()
    return ((f"t_{field.name} IS NULL", MotivoLinha.CAMPO_AUSENTE),)


def _single_spaced(raw: str) -> str:
    spaces = quoted(_class(BLANKS + _BREAKS) + "+")
    return f"trim(regexp_replace({raw}, {spaces}, ' ', 'g'))"


def _text(field: Field, text: str, *, longest: int) -> Cleaning:
    name = f"t_{field.name}"
    controls = quoted(_class(CONTROLS))
    checks = (
        *absence_checks(field),
        (f"strlen({name}) > {longest}", MotivoLinha.TEXTO_LONGO),
        (f"regexp_matches({name}, {controls})", MotivoLinha.TEXTO_INVALIDO),
    )
    return Cleaning(filled(text), name, checks)


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {quoted(pattern)})"


def _integer(mark: str) -> str:
    return f"(?:[0-9]+|{grouped(mark)})"


def _without_groups(text: str, mark: str) -> str:
    plain = f"replace({text}, '{GROUPS[mark]}', '')"
    return plain if mark == "." else f"replace({plain}, '{mark}', '.')"


def _count(field: Field, text: str, mark: str) -> Cleaning:
    name = f"t_{field.name}"
    whole = _matches(name, rf"[-+]?{_integer(mark)}(?:[{mark}]0*)?")
    digits = f"split_part({_without_groups(name, mark)}, '.', 1)"
    checks = (*absence_checks(field), (f"NOT {whole}", MotivoLinha.NUMERO_INVALIDO))
    return Cleaning(text, f"TRY_CAST({digits} AS BIGINT)", (*checks, count_limits(field)))


def count_limits(field: Field) -> Check:
    outside = f"({field.name} BETWEEN 1 AND {MAX_QUANTIDADE}) IS NOT TRUE"
    return _where_given(field, outside), MotivoLinha.QUANTIDADE_FORA_DO_LIMITE


def _price(field: Field, text: str, mark: str) -> Cleaning:
    name, integer = f"t_{field.name}", _integer(mark)
    number = _matches(name, rf"[-+]?(?:{integer}(?:[{mark}][0-9]*)?|[{mark}][0-9]+)")
    cents = rf"[-+]?(?:{integer}(?:[{mark}][0-9]{{0,2}}0*)?|[{mark}][0-9]{{1,2}}0*)"
    value = f"TRY_CAST({_without_groups(name, mark)} AS DECIMAL(18,2))"
    value = f"CASE WHEN {_matches(name, cents)} THEN {value} END"
    invalid = f"{field.name} IS NULL AND NOT {number}", MotivoLinha.NUMERO_INVALIDO
    return Cleaning(text, value, (*absence_checks(field), invalid, price_limits(field)))


def price_limits(field: Field) -> Check:
    outside = f"({field.name} BETWEEN 0 AND {MAX_PRECO}) IS NOT TRUE"
    return _where_given(field, outside), MotivoLinha.PRECO_FORA_DO_LIMITE


def _where_given(field: Field, condition: str) -> str:
    return f"t_{field.name} IS NOT NULL AND {condition}"


def moment(field: Field, text: str, reading: Reading, *, local: str, aware: str) -> Cleaning:
    """The cleaning of a column whose value is UTC: that of `local`, or `aware` where that is
    NULL."""
    name = field.name
    zoned = reading.as_utc.replace(LOCAL, f"l_{name}")
    value = f"CASE WHEN l_{name} IS NULL THEN {aware} ELSE {zoned} END"
    invalid = f"{name} IS NULL OR {name} < TIMESTAMP '{OLDEST:%Y-%m-%d %H:%M:%S}'"
    checks = (
        *absence_checks(field),
        (_where_given(field, f"({invalid})"), MotivoLinha.DATA_INVALIDA),
        (f"{name} > {reading.latest}", MotivoLinha.DATA_FUTURA),
    )
    return Cleaning(text, value, checks, local)


_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS: Final = r":[0-5][0-9]"
_ISO_DATE: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO_TIME: Final = rf"[Tt ]{_TIME}(?:{_SECONDS}(?:[.,][0-9]{{1,9}})?)?"
_OFFSET: Final = r"(?:[Zz]|[-+](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
_BR_DATE: Final = r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})"
_BR_TIME: Final = rf"(?:,? ({_TIME}(?:{_SECONDS})?))?"
_PLAIN: Final = rf"{_ISO_DATE}(?:[T ]{_TIME}{_SECONDS})?"
_NAIVE: Final = f"{_ISO_DATE}(?:{_ISO_TIME})?"
_AWARE: Final = f"({_ISO_DATE}{_ISO_TIME}) ?({_OFFSET})"
_LONGEST_ISO: Final = len("2025-05-14T19:16:00.123456")


def _local(text: str) -> str:
    """SQL for a local time: ISO 8601 or dd/mm/yyyy, a date alone being 00:00."""
    brazilian = _BR_DATE + _BR_TIME
    turned = f"trim(regexp_replace({text}, {quoted(brazilian)}, '\\3-\\2-\\1 \\4'))"
    return f"""CASE
        WHEN {_matches(text, _PLAIN)} THEN TRY_CAST({text} AS TIMESTAMP)
        WHEN {_matches(text, brazilian)} THEN TRY_CAST({turned} AS TIMESTAMP)
        WHEN {_matches(text, _NAIVE)} THEN {_iso(text)} END"""


def _aware(text: str) -> str:
    """SQL for the UTC of ISO 8601 with an offset."""
    naive = _iso(f"regexp_extract({text}, {quoted(_AWARE)}, 1)")
    offset = f"replace(regexp_extract({text}, {quoted(_AWARE)}, 2), ':', '')"
    utc = f"{naive} - to_minutes({_minutes(offset)})"
    return f"CASE WHEN {_matches(text, _AWARE)} THEN {utc} END"


def _iso(text: str) -> str:
    dotted = f"replace(replace(upper({text}), ',', '.'), 'T', ' ')"
    return f"TRY_CAST(left({dotted}, {_LONGEST_ISO}) AS TIMESTAMP)"


def _minutes(offset: str) -> str:
    """SQL for the minutes of an offset like `Z`, `-03` or `+0530`."""
    hours = f"TRY_CAST(substr({offset}, 2, 2) AS INTEGER)"
    minutes = f"coalesce(TRY_CAST(substr({offset}, 4, 2) AS INTEGER), 0)"
    sign = f"CASE WHEN {offset} LIKE '-%' THEN -1 ELSE 1 END"
    return f"coalesce({sign} * (60 * {hours} + {minutes}), 0)"
