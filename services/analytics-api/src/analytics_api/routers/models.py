"""The shape of every answer, for `/openapi.json`; money is a string with two decimals."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Dinheiro = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["149.70", "-12.30"])]
Degradado = Literal["warehouse", "mongodb", "kafka", "fluxo"]
"""A store that does not answer; `fluxo`: all answer, but records have lain on Kafka for 30
seconds and the pipeline has done nothing."""


class ResumoProduto(BaseModel):
    """What was sold of one product, less what was taken back, so figures may be negative. An
    order counts in `pedidos` when more units of the product were bought than taken back."""

    id_produto: str
    total_vendido: int
    receita: Dinheiro
    pedidos: int


class ProdutoNoRanking(ResumoProduto):
    """The same and its place, 1 is best."""

    posicao: int


class ComAtualizacao(BaseModel):
    """`atualizado_em` is the last commit of the stream; `degradado` says why these may
    be the last good figures and not the newest."""

    atualizado_em: datetime | None
    degradado: list[Degradado]


class ResumoVendas(ComAtualizacao):
    """A page; `proximo_cursor` is null on the last one."""

    itens: list[ResumoProduto]
    proximo_cursor: str | None


class MaisVendidos(ComAtualizacao):
    """The best, best first."""

    itens: list[ProdutoNoRanking]


class VendasNoMinuto(BaseModel):
    """Sales of one UTC minute. `revisao` rises with each correction of the minute, by a late event
    as by one in time, and also when only its clicks changed; 0 while nothing was read of it."""

    minuto: datetime
    pedidos: int
    unidades: int
    receita: Dinheiro
    revisao: Annotated[int, Field(ge=0, examples=[1747250165000])]


class VendasHoje(BaseModel):
    """Sales of today in the shop's time zone, less what was taken back today. An order counts
    in `pedidos` when more of its units were bought today than taken back."""

    dia: date
    pedidos: int
    unidades: int
    receita: Dinheiro


class ProdutoVisto(BaseModel):
    """Clicks of the last 60 minutes."""

    id_produto: str
    visualizacoes: int


class Frescor(BaseModel):
    """Until when nothing is missing, and how long ago that is; null if unknown."""

    confirmado_em: datetime | None
    idade_s: float | None


class FrescorAoVivo(BaseModel):
    """Sales come from the warehouse, metrics from the stream."""

    vendas: Frescor
    metricas: Frescor


class MetricasTempoReal(BaseModel):
    """What the page shows."""

    agora: datetime
    fuso: str
    usuarios_ativos: int
    vendas_por_minuto: list[VendasNoMinuto]
    vendas_hoje: VendasHoje
    mais_vistos: list[ProdutoVisto]
    frescor: FrescorAoVivo
    degradado: list[Degradado]


class Particao(BaseModel):
    """The ledger's columns, Kafka's end and the difference; null while Kafka is away. `n_absent`
    offsets hold no record: marks of transactions, aborted or compacted records."""

    topic: str
    partition: int
    off_from: int
    off_to: int
    n_read: int
    n_absent: int
    n_written: int
    n_duplicate: int
    n_dead: int
    fim_kafka: int | None
    atraso: int | None
    exata: bool


class Totais(BaseModel):
    """Sums over all partitions of all topics."""

    n_read: int
    n_absent: int
    n_written: int
    n_duplicate: int
    n_dead: int
    atraso: int | None


class Conciliacao(BaseModel):
    """`exata`: each record was read once and became a row, a repeat or a dead letter, and each
    offset held one record or none. `frescor` is that of all topics."""

    exata: bool
    particoes: list[Particao]
    totais: Totais
    ultimo_commit: datetime | None
    frescor: Frescor
    degradado: list[Degradado]


class Situacao(BaseModel):
    """A word for probes."""

    status: str
