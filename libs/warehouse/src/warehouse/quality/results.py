"""The results of a run: judged, and recorded in `resultados_qualidade`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from event_contracts.texts import cut_bytes
from warehouse.insertion import insert
from warehouse.quality.days import Days
from warehouse.quality.figures import Figure
from warehouse.quality.verdict import Veredito, judge
from warehouse.tables import QUALIDADE
from warehouse.transaction import Transaction

_LARGEST: Final = Decimal(10) ** 13
_FOUR_DECIMALS: Final = Decimal("0.0001")
_MOST_BYTES: Final = 512


@dataclass(frozen=True, slots=True)
class Result:
    """A row of `resultados_qualidade`, without its run."""

    tabela: str
    verificacao: str
    dia: date | None
    valor: Decimal | None
    limite: str
    veredito: Veredito
    bloqueante: bool
    detalhe: str

    @property
    def blocks(self) -> bool:
        """Whether what follows must not run."""
        return self.bloqueante and self.veredito is Veredito.REPROVADA


def result_of(figure: Figure) -> Result:
    """The verdict on the exact figure; what is recorded of it has four decimals."""
    check = figure.check
    return Result(
        tabela=figure.table,
        verificacao=figure.name,
        dia=figure.day,
        valor=None if figure.value is None else _recorded(figure.value),
        limite=str(check.limits.accepted),
        veredito=judge(figure.value, check.limits, without_data=check.without_data),
        bloqueante=check.bloqueante,
        detalhe=cut_bytes(f"{check.descricao} {figure.note}.", _MOST_BYTES),
    )


def run_id(days: Days, now: datetime) -> str:
    """The name of a run: its days and its moment."""
    return f"{days.first}/{days.last}@{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def record(
    transaction: Transaction, results: Sequence[Result], *, id_execucao: str, now: datetime
) -> None:
    """Write the results; those of a run of the same name are replaced."""
    transaction.execute("DELETE FROM resultados_qualidade WHERE id_execucao = %s", (id_execucao,))
    insert(transaction, QUALIDADE, (_row(result, id_execucao, now) for result in results))


def _row(result: Result, id_execucao: str, now: datetime) -> Sequence[object]:
    return (
        id_execucao,
        result.tabela,
        result.verificacao,
        result.dia,
        result.valor,
        result.limite,
        str(result.veredito),
        result.bloqueante,
        result.detalhe,
        now,
    )


def _recorded(value: Decimal) -> Decimal:
    return max(-_LARGEST, min(value, _LARGEST)).quantize(_FOUR_DECIMALS)
