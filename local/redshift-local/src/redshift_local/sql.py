"""SQL text as tokens: enough to tell words from strings, quoted names and comments."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from redshift_local.refusal import RefusedError

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
  | (?P<string>'(?:[^'\\]|''|\\.)*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<parameter>\$\d+)
  | (?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<symbol>::|->>?|\#>>?|<=|>=|<>|!=|\|\||@>|<@|&&|!~\*?|~\*|[^\w\s'"])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of SQL: `text` as written, `value` as compared.

    The value of a word or a quoted name is in lower case, since Redshift folds both; that of a
    string is what it stands for.
    """

    kind: str
    text: str
    value: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """Whether it may name a table or a column."""
        return self.kind in ("word", "quoted")


def tokenize(sql: str) -> list[Token]:
    """Everything but white space and comments. Raises RefusedError where SQL ends midway."""
    tokens: list[Token] = []
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            raise RefusedError("SQL", f"it ends within {sql[position : position + 20]!r}", "42601")
        position = match.end()
        kind = str(match.lastgroup)
        if kind != "space":
            text = match.group()
            tokens.append(Token(kind, text, _value(kind, text), match.start(), position))
    return tokens


def statements(tokens: Iterable[Token]) -> list[list[Token]]:
    """The tokens of each statement, without the semicolons; empty ones are dropped."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "symbol" and token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def outermost(tokens: Iterable[Token]) -> list[Token]:
    """The tokens that stand in no parentheses; of a pair of them only the first is kept."""
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            kept.append(token)
        if token.kind == "symbol":
            depth += (token.text == "(") - (token.text == ")")
    return kept


def quoted(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string as SQL, read alike whether or not backslashes escape."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'" if "\\" in text else f"'{escaped}'"


def _value(kind: str, text: str) -> str:
    if kind == "string":
        return re.sub(r"''|\\(.)", lambda m: m.group(1) or "'", text[1:-1], flags=re.DOTALL)
    if kind == "quoted":
        return text[1:-1].replace('""', '"').lower()
    return text.lower()


class Cursor:
    """A place among the tokens of one statement, for the parsers of DDL and COPY."""

    def __init__(self, tokens: list[Token], statement: str, position: int = 0) -> None:
        self._tokens = tokens
        self._statement = statement
        self.position = position

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.position >= len(self._tokens)

    def peek(self, ahead: int = 0) -> str:
        """The value of a word or symbol; "" for anything else and at the end."""
        at = self.position + ahead
        if at >= len(self._tokens) or self._tokens[at].kind not in ("word", "symbol"):
            return ""
        return self._tokens[at].value

    def next(self) -> Token:
        """The next token, whatever it is."""
        if self.done:
            raise self.refuse("the statement ends too early", "42601")
        self.position += 1
        return self._tokens[self.position - 1]

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next, all of them."""
        if all(self.peek(ahead) == word for ahead, word in enumerate(words)):
            self.position += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Step over these words, or refuse the statement."""
        if not self.accept(*words):
            raise self.unexpected()

    def name(self) -> str:
        """A plain or quoted name, folded."""
        token = self.next()
        if not token.is_name:
            self.position -= 1
            raise self.unexpected()
        return token.value

    def table(self) -> str:
        """A table's name with its schema, as SQL."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        return ".".join(quoted(part) for part in parts)

    def names(self) -> list[str]:
        """A list of names within parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def string(self) -> str:
        """What a string literal stands for."""
        token = self.next()
        if token.kind != "string":
            self.position -= 1
            raise self.unexpected()
        return token.value

    def number(self) -> int:
        """A whole number."""
        token = self.next()
        if token.kind != "number" or not token.text.isdecimal():
            self.position -= 1
            raise self.unexpected()
        return int(token.text)

    def unexpected(self) -> RefusedError:
        """The refusal of whatever stands here."""
        here = "its end" if self.done else repr(self._tokens[self.position].text)
        return self.refuse(f"it does not know {here} here")

    def refuse(self, why: str, state: str = "0A000") -> RefusedError:
        """The refusal of this statement."""
        return RefusedError(self._statement, why, state)
