"""Faults of the stock API, to be injected on demand: what a broken one would answer instead."""

from collections import deque
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec


class Falha(StrEnum):
    """How the next answers go wrong."""

    LENTA = "lenta"
    """Comes after `SLOW_SECONDS`."""
    ERRO = "erro"
    """500."""
    LIMITE = "limite"
    """429 with `Retry-After: 1`."""
    HTML = "html"
    """200 with a page of HTML."""
    TRUNCADA = "truncada"
    """JSON without its second half."""
    REPETIDA = "repetida"
    """The page, and a cursor that leads to the same page again."""
    MENTIRA = "mentira"
    """The page, with levels beside it that cannot be, and with one that is old and wrong."""
    FORA = "fora"
    """The connection ends within the body."""


SLOW_SECONDS: Final = 20.0
MAX_ANSWERS: Final = 10_000


class FaultOrder(msgspec.Struct, forbid_unknown_fields=True):
    """The body that orders a fault for the next `respostas` answers."""

    tipo: Falha
    respostas: int = 1


class FaultQueue:
    """The faults ordered of one stock location, answer by answer."""

    def __init__(self) -> None:
        self._next: deque[Falha] = deque()

    def __len__(self) -> int:
        return len(self._next)

    def order(self, order: FaultOrder) -> None:
        """After those ordered before; ValueError if they are none or too many."""
        if not 1 <= order.respostas <= MAX_ANSWERS - len(self._next):
            raise ValueError(f"respostas: expected 1 to {MAX_ANSWERS - len(self._next)}")
        self._next.extend([order.tipo] * order.respostas)

    def next(self) -> Falha | None:
        """The fault of this answer; None for a right one."""
        return self._next.popleft() if self._next else None


def with_false_levels(document: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The page and, beside its true levels, four that must change nothing."""
    true = document["estoque"]
    unknown = {"id_produto": "p-mentira", "nivel_estoque": 7, "id_armazem": "cd-mentira"}
    false = [
        unknown | {"nivel_estoque": -5, "ultima_atualizacao": now.isoformat()},
        unknown | {"id_produto": "", "ultima_atualizacao": now.isoformat()},
        unknown | {"ultima_atualizacao": (now + timedelta(days=365)).isoformat()},
    ]
    if true:
        old = datetime.fromisoformat(true[0]["ultima_atualizacao"]) - timedelta(days=1)
        wrong = true[0]["nivel_estoque"] + 1
        false.append(true[0] | {"nivel_estoque": wrong, "ultima_atualizacao": old.isoformat()})
    return document | {"estoque": [*false, *true]}


def repeated(document: dict[str, Any], *, cursor: str | None) -> dict[str, Any]:
    """The page, and the way back to it."""
    return document | {"proximo": cursor or "", "mais": True}
