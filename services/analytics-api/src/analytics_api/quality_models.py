"""The answer about the quality of the data."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer, WithJsonSchema

from analytics_api.models import Degradado, Momento

Medida = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:.4f}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{4}$", "examples": ["0.0125"]}),
]
"""A string with four decimals, as the warehouse holds it."""


class ResultadoQualidade(BaseModel):
    """What a check found in a table on a day, or in all its rows where `dia` is null. `valor` is
    null where there was nothing to measure. What is `reprovada` and `bloqueante` stops what
    follows the checks."""

    tabela: str
    verificacao: str
    dia: date | None
    valor: Medida | None
    limite: str
    veredito: Literal["aprovada", "alerta", "reprovada"]
    bloqueante: bool
    detalhe: str


class TotaisQualidade(BaseModel):
    """Results of each verdict; `bloqueios` are those that stop what follows."""

    aprovadas: int = Field(ge=0)
    alertas: int = Field(ge=0)
    reprovadas: int = Field(ge=0)
    bloqueios: int = Field(ge=0)


class Qualidade(BaseModel):
    """The newest run of the checks; null and empty if there was none. `resultados` are the worst
    first, at most 1000; `totais` count all."""

    id_execucao: str | None
    executada_em: Momento | None
    totais: TotaisQualidade
    resultados: list[ResultadoQualidade]
    degradado: list[Degradado]
