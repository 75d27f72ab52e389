"""The answers about past days: sales per day and month, and reconciled days."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from analytics_api.models import Degradado, Dinheiro, Momento

Origem = Literal["agregado", "ao_vivo"]
"""Where the sums of a row come from: the sales in memory or, for days and months that memory does
not hold, the aggregates of batch-etl."""


class VendasDoDia(BaseModel):
    """Net sales of one day of the shop. `pedidos` and `clientes` are null per region and per
    category, since an order may have several; `clientes` also where batch-etl has not computed the
    same sums. `regiao` and `categoria` are null where sales are not grouped by them."""

    dia: date
    regiao: str | None
    categoria: str | None
    pedidos: int | None
    unidades: int
    receita: Dinheiro
    clientes: int | None
    origem: Origem


class VendasDoMes(BaseModel):
    """The same of a month, whose first day is `mes`."""

    mes: date
    regiao: str | None
    categoria: str | None
    pedidos: int | None
    unidades: int
    receita: Dinheiro
    clientes: int | None
    origem: Origem


class DoHistorico(BaseModel):
    """A page; `proximo_cursor` is null on the last one. `carregado_em` is when batch-etl last
    loaded a file, null if it never did; `atualizado_em` is the last commit of the stream that is in
    the rows of `ao_vivo`."""

    proximo_cursor: str | None
    carregado_em: Momento | None
    atualizado_em: Momento | None
    degradado: list[Degradado]


class VendasDiarias(DoHistorico):
    """By day, and then by region or category."""

    itens: list[VendasDoDia]


class VendasMensais(DoHistorico):
    """By month, and then by region or category."""

    itens: list[VendasDoMes]


class ReceitaConciliada(BaseModel):
    """`diferenca` is `arquivo - fluxo`, and the sum of the four parts after it: sales that only the
    files have, sales that only the stream has, sales that the other side dates on another day, and
    sales of another quantity or price.

    `ao_vivo` is what the live page showed, less what was taken back, in the `minutos` of the
    `minutos_do_dia` that are known, and `ao_vivo_esperado` the same of the stream's lines; null
    where no minute is known. `explicacao` says all of it in words."""

    figura: Literal["receita"]
    fluxo: Dinheiro
    arquivo: Dinheiro
    diferenca: Dinheiro
    ausente_no_fluxo: Dinheiro
    ausente_no_arquivo: Dinheiro
    outro_dia: Dinheiro
    valor_diferente: Dinheiro
    explicacao: str
    ao_vivo: Dinheiro | None
    ao_vivo_esperado: Dinheiro | None
    minutos: int
    minutos_do_dia: int


class ContagemConciliada(BaseModel):
    """The same of a count."""

    figura: Literal["unidades", "pedidos"]
    fluxo: int
    arquivo: int
    diferenca: int
    ausente_no_fluxo: int
    ausente_no_arquivo: int
    outro_dia: int
    valor_diferente: int
    explicacao: str
    ao_vivo: int | None
    ao_vivo_esperado: int | None
    minutos: int
    minutos_do_dia: int


class ReceitaDoDia(ReceitaConciliada):
    """A line of a table of reconciled days."""

    dia: date


class ContagemDoDia(ContagemConciliada):
    """The same of a count."""

    dia: date


Conciliada = Annotated[ReceitaConciliada | ContagemConciliada, Field(discriminator="figura")]


class DiaConciliado(BaseModel):
    """The sales of one day as the live figures, the stream and the files have them, as they were
    compared at `calculada_em`."""

    dia: date
    figuras: list[Conciliada]
    calculada_em: Momento


class ConciliacaoDoDia(DiaConciliado):
    """The same as an answer of its own."""

    degradado: list[Degradado]


class DiasConciliados(DoHistorico):
    """The newest day first."""

    itens: list[DiaConciliado]
