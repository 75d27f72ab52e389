"""Reads CSV files of sales row by row, with nothing but Python's own parts: the oracle of
batch-etl, which reads them in columns."""

import csv
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import StringIO
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

FIELDS = ("id_pedido", "id_produto", "quantidade", "preco", "data", "id_usuario", "regiao")
_BLANKS = " \xa0\u1680\u202f\u205f\u2060\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200E)))
_STATES = {
    "SP": "sao paulo", "RJ": "rio de janeiro", "MG": "minas gerais", "BA": "bahia",
    "PA": "para", "RS": "rio grande do sul", "DF": "distrito federal",
}  # fmt: skip
_DATE = re.compile(
    r"(?:(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)|(?P<dd>\d\d?)/(?P<mm>\d\d?)/(?P<yy>\d{4}))"
    r"(?P<gap>,? |[Tt])?(?:(?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"(?: ?(?P<z>[Zz]|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII,
)


class RefusedError(Exception):
    """A reason and a column."""


class Result(NamedTuple):
    """The valid rows, and (linha, motivo, campo) of the others."""

    valid: list[dict[str, Any]]
    rejected: list[tuple[int, str, str | None]]


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        table = [bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(256)]
        return "".join(table[b] for b in content)


def number(text: str, mark: str) -> Decimal | None:
    """As a file with this decimal mark writes it."""
    whole, _, fraction = text.lstrip("+-").partition(mark)
    if len(text) - len(text.lstrip("+-")) > 1 or not (fraction or "0").isascii():
        return None
    if not (fraction or "0").isdigit() or not (whole or fraction):
        return None
    first, *others = whole.split("." if mark == "," else ",")
    if others and (first[:1] in ("", "0") or len(first) > 3 or any(len(o) != 3 for o in others)):
        return None
    digits = first + "".join(others)
    if digits and not (digits.isascii() and digits.isdigit()):
        return None
    return Decimal(f"{text[0] if text[0] in '+-' else ''}{digits or 0}.{fraction or 0}")


def decimal_mark(texts: list[str]) -> str:
    """By the numbers that can be read in one way only."""
    ways = [(number(t, ",") is not None, number(t, ".") is not None) for t in texts if t]
    return "," if ways.count((True, False)) > ways.count((False, True)) else "."


def looks_like_a_record(line: str, header: list[str], delimiter: str) -> bool:
    """Whether a line of a file with at least four columns could be a record of it."""
    row = dict(zip(header, map(str.strip, line.split(delimiter)), strict=False))
    needed = all(row.get(name) for name in FIELDS[:5])
    numbers = all(re.search("[0-9]", row.get(name, "")) for name in FIELDS[2:5])
    return line.count(delimiter) == len(header) - 1 and needed and numbers


def is_one_record(row: list[str], header: list[str], delimiter: str) -> bool:
    """Whether a record has the header's fields and holds no further records, as it does where a
    quote was not closed."""
    parts = [re.split("\r\n|\r|\n", field) for field in row]
    lines, *others = [p if len(p) > 1 else [p[0].replace(delimiter, "")] for p in parts]
    for field in others:
        lines[-1] += delimiter + field[0]
        lines += field[1:]
    return len(row) == len(header) and (
        sum(looks_like_a_record(line, header, delimiter) for line in lines) < 2
    )


def read(content: bytes, *, delimiter: str, zone: str, now: datetime) -> Result | None:
    """The rows of a file whose header has our own names; None where a quote is open at the end."""
    text = StringIO(decoded(content) + "\nfim\n", newline="")
    header, *rows = [record for record in csv.reader(text, delimiter=delimiter) if record]
    if not rows or rows.pop() != ["fim"]:
        return None
    whole = [
        dict(zip(header, row, strict=True)) if is_one_record(row, header, delimiter) else None
        for row in rows
    ]
    told = [r[name].strip(_BLANKS) for r in whole if r for name in ("quantidade", "preco")]
    mark = decimal_mark(told)
    valid: dict[tuple[str, str], dict[str, Any]] = {}
    rejected: list[tuple[int, str, str | None]] = []
    for linha, row in enumerate(whole, 1):
        if row is None:
            rejected.append((linha, "linha_malformada", None))
            continue
        try:
            sale = _sale(row, mark, ZoneInfo(zone), now) | {"linha": linha}
        except RefusedError as refusal:
            rejected.append((linha, *refusal.args))
            continue
        earlier = valid.pop((sale["id_pedido"], sale["id_produto"]), None)
        if earlier:
            rejected.append((earlier["linha"], "linha_repetida", None))
        valid[sale["id_pedido"], sale["id_produto"]] = sale
    return Result(list(valid.values()), sorted(rejected))


def _sale(row: Mapping[str, str], mark: str, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "id_pedido": _id(row, "id_pedido", required=True),
        "id_produto": _id(row, "id_produto", required=True),
        "quantidade": _quantity(_value(row, "quantidade"), mark),
        "preco": _price(_value(row, "preco"), mark),
        "data": _moment(_value(row, "data"), zone, now),
        "id_usuario": _id(row, "id_usuario", required=False),
        "regiao": state(row["regiao"].strip(_BLANKS)),
    }


def _value(row: Mapping[str, str], name: str) -> str:
    text = row[name].strip(_BLANKS)
    if not text:
        raise RefusedError("campo_ausente", name)
    return text


def _is_nothing(text: str) -> bool:
    return text in ("", "NaN") or text.lower() in ("undefined", "null", "[object object]")


def _id(row: Mapping[str, str], name: str, *, required: bool) -> str | None:
    text = row[name].strip(_BLANKS)
    if _is_nothing(text):
        if required:
            raise RefusedError("campo_ausente", name)
        return None
    if len(text.encode()) > 128:
        raise RefusedError("texto_longo", name)
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise RefusedError("texto_invalido", name)
    return text


def _quantity(text: str, mark: str) -> int:
    value = number(text, mark)
    if value is None or value != int(value):
        raise RefusedError("numero_invalido", "quantidade")
    if not 1 <= value <= 1_000_000:
        raise RefusedError("quantidade_fora_do_limite", "quantidade")
    return int(value)


def _price(text: str, mark: str) -> Decimal:
    value = number(text, mark)
    if value is None:
        raise RefusedError("numero_invalido", "preco")
    if value * 100 != int(value * 100) or not 0 <= value <= Decimal("99999999.99"):
        raise RefusedError("preco_fora_do_limite", "preco")
    return abs(value.quantize(Decimal("0.01")))


def _moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    instant = _instant(text, zone)
    if instant is None or instant < datetime(2000, 1, 1, tzinfo=UTC):
        raise RefusedError("data_invalida", "data")
    if instant > now + timedelta(days=1):
        raise RefusedError("data_futura", "data")
    return instant.replace(tzinfo=None)


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    found = _DATE.fullmatch(text)
    if not found or bool(found["gap"]) != bool(found["H"]):
        return None
    is_iso = found["y"] is not None
    if (not is_iso and (found["z"] or found["f"] or found["gap"] in ("T", "t"))) or (
        is_iso and ((found["gap"] or "").startswith(",") or (found["z"] and not found["H"]))
    ):
        return None
    date = [found[k] for k in (("y", "m", "d") if is_iso else ("yy", "mm", "dd"))]
    time = [found[k] or 0 for k in "HMS"]
    fraction = int((found["f"] or "").ljust(6, "0")[:6])
    try:
        naive = datetime(*map(int, [*date, *time]), fraction)  # noqa: DTZ001
        aware = naive.replace(tzinfo=_offset(found["z"]) if found["z"] else zone)
    except ValueError:
        return None
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return None if naive.year == 1 else datetime.max.replace(tzinfo=UTC)


def _offset(text: str) -> timezone:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 23 or minutes > 59:
        raise ValueError("no offset")
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def state(text: str) -> str | None:
    """Knows some states only; tests use no others."""
    if _is_nothing(text):
        return None
    letters = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in letters if unicodedata.category(c) != "Mn").removeprefix("br-")
    plain = plain.removeprefix("estado de ")
    known = {**{code.lower(): code for code in _STATES}, **{n: c for c, n in _STATES.items()}}
    return known.get(plain, "desconhecido")
