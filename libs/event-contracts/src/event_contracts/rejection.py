"""Why a record is refused: the closed list that dead letters and 422 answers share."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Motivo(StrEnum):
    """The closed list of reasons. The value is what `eventos_rejeitados.motivo` holds."""

    VAZIO = "vazio"
    GRANDE_DEMAIS = "grande_demais"
    NAO_UTF8 = "nao_utf8"
    NAO_JSON = "nao_json"
    NAO_OBJETO = "nao_objeto"
    CAMPO_AUSENTE = "campo_ausente"
    TIPO_ERRADO = "tipo_errado"
    TIPO_EVENTO_DESCONHECIDO = "tipo_evento_desconhecido"
    FORA_DA_FAIXA = "fora_da_faixa"
    IDENTIFICADOR_NULO = "identificador_nulo"
    DATA_FUTURA = "data_futura"
    RECUSADO_PELO_ARMAZEM = "recusado_pelo_armazem"


OF_A_STORE: Final = frozenset({Motivo.RECUSADO_PELO_ARMAZEM})
"""Reasons that a store gives for a record in which no check finds anything wrong: no answer to a
sender has them."""


@dataclass(frozen=True, slots=True)
class Rejeicao:
    """One thing wrong with one record; `campo` is None when it is the record as a whole.

    `detalhe` says what was expected and never quotes the record, which may hold personal data.
    """

    motivo: Motivo
    campo: str | None
    detalhe: str


def out_of_range(name: str, detail: str) -> Rejeicao:
    """A value of the right type that no table can hold or no shop can mean."""
    return Rejeicao(Motivo.FORA_DA_FAIXA, name, detail)
