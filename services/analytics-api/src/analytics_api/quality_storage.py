"""Reads the results of the newest run of the checks of the data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from analytics_api.ledger_storage import utc
from analytics_api.quality_models import ResultadoQualidade, TotaisQualidade
from service_runtime.errors import PermanentError
from warehouse.connection import Warehouse
from warehouse.transaction import Transaction

MOST_RESULTS: Final = 1000
"""A run of one day has fewer than a hundred; a run of many days tells its worst."""
_NEWEST: Final = (
    "SELECT id_execucao, executada_em FROM resultados_qualidade "
    "ORDER BY executada_em DESC, id_execucao DESC LIMIT 1"
)
_BLOCKS: Final = "veredito = 'reprovada' AND bloqueante"
_TOTALS: Final = (
    "SELECT COUNT(CASE WHEN veredito = 'aprovada' THEN 1 END), "
    "COUNT(CASE WHEN veredito = 'alerta' THEN 1 END), "
    f"COUNT(CASE WHEN veredito = 'reprovada' THEN 1 END), COUNT(CASE WHEN {_BLOCKS} THEN 1 END) "
    "FROM resultados_qualidade WHERE id_execucao = %s AND executada_em = %s"
)
_RESULTS: Final = (
    "SELECT tabela, verificacao, dia, valor, limite, veredito, bloqueante, detalhe "
    "FROM resultados_qualidade WHERE id_execucao = %s AND executada_em = %s "
    f"ORDER BY CASE WHEN {_BLOCKS} THEN 0 WHEN veredito = 'reprovada' THEN 1 "
    "WHEN veredito = 'alerta' THEN 2 ELSE 3 END, tabela, verificacao, dia "
    f"LIMIT {MOST_RESULTS}"
)


@dataclass(frozen=True, slots=True)
class QualityRun:
    """The results of one run, the worst first."""

    id_execucao: str | None = None
    executed_at: datetime | None = None
    totals: TotaisQualidade = field(
        default_factory=lambda: TotaisQualidade(aprovadas=0, alertas=0, reprovadas=0, bloqueios=0)
    )
    results: list[ResultadoQualidade] = field(default_factory=list)


class QualitySource:
    """Not safe to share between threads. Raises TransientError while the warehouse is away,
    PermanentError if it refuses or a result is not as the checks write it."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def read(self, known: QualityRun) -> QualityRun:
        """The newest run; the one that is known if there is no newer one."""
        with self._warehouse.transaction() as transaction:
            newest = transaction.rows(_NEWEST)
            if not newest or newest[0][0] == known.id_execucao:
                return known if newest else QualityRun()
            return _run(transaction, *newest[0])


def _run(transaction: Transaction, id_execucao: str, executed_at: datetime) -> QualityRun:
    counts = map(int, transaction.row(_TOTALS, (id_execucao, executed_at)))
    totals = dict(zip(TotaisQualidade.model_fields, counts, strict=True))
    rows = transaction.rows(_RESULTS, (id_execucao, executed_at))
    return QualityRun(
        id_execucao,
        utc(executed_at),
        TotaisQualidade(**totals),
        [_result(row) for row in rows],
    )


def _result(row: Sequence[Any]) -> ResultadoQualidade:
    found = dict(zip(ResultadoQualidade.model_fields, row, strict=True))
    try:
        return ResultadoQualidade.model_validate(found)
    except ValidationError as error:
        raise PermanentError(f"warehouse: {found['verificacao']}: not a result") from error
