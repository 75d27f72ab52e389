"""The kinds of checks, as the YAML beside each table declares them."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from warehouse.quality.verdict import Limits, Range, Veredito

_NAME: Final = r"^[a-z][a-z0-9_]{2,47}$"
_TEXT: Final = r"^[\w .-]{1,64}$"
"""Values stand in SQL as they are."""
Coluna = Annotated[str, Field(pattern=_NAME)]
Colunas = Annotated[tuple[Coluna, ...], Field(min_length=1)]
NO_ROW: Final = Decimal(0)


class Check(BaseModel):
    """What every check says. A figure below `minimo` or above `maximo` fails, one beyond
    `alerta_minimo` or `alerta_maximo` is an alert. What fails stops what follows if it is
    `bloqueante`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nome: str = Field(pattern=_NAME)
    descricao: str = Field(min_length=10, max_length=240, pattern=r"\.$")
    bloqueante: bool
    minimo: Decimal | None = None
    maximo: Decimal | None = None
    alerta_minimo: Decimal | None = None
    alerta_maximo: Decimal | None = None

    @property
    def limits(self) -> Limits:
        """The bounds of its figure."""
        usual = Range(self.alerta_minimo, self.alerta_maximo)
        return Limits(Range(self.minimo, self.maximo), usual)

    @property
    def columns(self) -> Sequence[str]:
        """The columns of its table that it names."""
        return ()

    @property
    def without_data(self) -> Veredito:
        """The verdict where there is no figure."""
        return Veredito.APROVADA

    @model_validator(mode="after")
    def _is_bounded(self) -> "Check":
        if self.minimo is None and self.maximo is None:
            raise ValueError("a check has a minimo or a maximo")
        return self


class OfRows(Check):
    """Counts the rows that are wrong among those of the condition `quando`, or their share."""

    maximo: Decimal | None = NO_ROW
    medida: Literal["linhas", "proporcao"] = "linhas"
    quando: str | None = None


class Completa(OfRows):
    """No column is NULL or blank."""

    tipo: Literal["completa"]
    colunas: Colunas

    @property
    def columns(self) -> Sequence[str]:
        """The columns that must be filled."""
        return self.colunas


class Unica(OfRows):
    """No key is there twice; a key with NULL is none."""

    tipo: Literal["unica"]
    colunas: Colunas

    @property
    def columns(self) -> Sequence[str]:
        """The key."""
        return self.colunas


class _OfColumn(OfRows):
    coluna: Coluna

    @property
    def columns(self) -> Sequence[str]:
        """The one it looks at; NULL is not wrong."""
        return (self.coluna,)


class Faixa(_OfColumn):
    """The value lies within a range, both ends included."""

    tipo: Literal["faixa"]
    de: Decimal | None = None
    ate: Decimal | None = None


class Dominio(_OfColumn):
    """The value is one of a list."""

    tipo: Literal["dominio"]
    valores: Annotated[tuple[Annotated[str, Field(pattern=_TEXT)], ...], Field(min_length=1)]


class Referencia(_OfColumn):
    """Another table has the value. With `vazia_permitida` an empty table has no opinion."""

    tipo: Literal["referencia"]
    tabela: Coluna
    coluna_referida: Coluna
    vazia_permitida: bool = False


class Condicao(OfRows):
    """A condition in SQL holds for each row."""

    tipo: Literal["condicao"]
    condicao: str


class Recente(Check):
    """The age in hours of the newest row: at the end of the day, or now if the day is not over."""

    tipo: Literal["recente"]
    coluna: Coluna
    quando: str | None = None
    sem_dados: Veredito = Veredito.REPROVADA

    @property
    def columns(self) -> Sequence[str]:
        """The moment of a row."""
        return (self.coluna,)

    @property
    def without_data(self) -> Veredito:
        """What a table without a row means."""
        return self.sem_dados


class Volume(Check):
    """Rows of a day as a multiple of the mean of the same weekday of the last `semanas` weeks.

    A day without any row is no part of the mean. There is no figure with fewer days than
    `minimo_de_semanas`, or if the mean is below `minimo_de_linhas`, where chance alone decides.
    """

    tipo: Literal["volume"]
    semanas: int = Field(default=4, ge=1, le=52)
    minimo_de_semanas: int = Field(default=3, ge=1)
    minimo_de_linhas: int = Field(default=50, ge=1)
    quando: str | None = None

    @model_validator(mode="after")
    def _has_weeks_enough(self) -> "Volume":
        if self.minimo_de_semanas > self.semanas:
            raise ValueError(f"of {self.semanas} weeks never {self.minimo_de_semanas} have rows")
        return self


class TaxaPorMotivo(Check):
    """Of 1 record that `total` counts, how many were refused, for each reason of the list."""

    tipo: Literal["taxa_por_motivo"]
    coluna: Coluna
    total: str
    """SQL of one number."""

    @property
    def columns(self) -> Sequence[str]:
        """The reason."""
        return (self.coluna,)


class Contas(Check):
    """The one number of a query of any tables, such as by how much two accounts differ."""

    tipo: Literal["contas"]
    consulta: str
    maximo: Decimal | None = NO_ROW


class Auditoria(Check):
    """How many contradictions the audit finds between the ledger and the tables."""

    tipo: Literal["auditoria"]
    maximo: Decimal | None = NO_ROW


AnyCheck = Annotated[
    Completa
    | Unica
    | Faixa
    | Dominio
    | Referencia
    | Condicao
    | Recente
    | Volume
    | TaxaPorMotivo
    | Contas
    | Auditoria,
    Field(discriminator="tipo"),
]


class TableChecks(BaseModel):
    """The checks of a table. With `momento`, a date or a moment in UTC by which the table is
    sorted, they look at the rows of the days that are checked; else at all rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tabela: Coluna
    momento: Coluna | None = None
    verificacoes: Annotated[tuple[AnyCheck, ...], Field(min_length=1)]
