"""The answers: what is sent is one of these, encoded, and `/openapi.json` is their schema."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, PlainSerializer, WithJsonSchema


def to_text(amount: Decimal) -> str:
    """For example `149.70`, or `-0.01` where more was taken back than sold."""
    return f"{amount:.2f}"


def iso(moment: datetime) -> str:
    """UTC to the millisecond, ending in Z."""
    utc = moment.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.") + f"{utc.microsecond // 1000:03d}Z"


Dinheiro = Annotated[
    Decimal,
    PlainSerializer(to_text, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d+\.\d{2}$", "examples": ["149.70", "-12.30"]}
    ),
]
"""A string with two decimals, so that no reader loses a cent."""
MOMENT = WithJsonSchema({"type": "string", "format": "date-time"})
Momento = Annotated[datetime, PlainSerializer(iso, return_type=str, when_used="json"), MOMENT]
Degradado = Literal["warehouse", "mongodb", "kafka", "fluxo"]
"""A store that does not answer; `fluxo`: all answer, but records have lain on Kafka for 30
seconds and the pipeline has done nothing."""


class Vendido(BaseModel):
    """What was sold, less what was taken back, so figures may be negative. An order counts once
    in `pedidos` when more of its units were bought in the period than taken back in it."""

    total_vendido: int
    receita: Dinheiro
    pedidos: int


class NomeDoProduto(BaseModel):
    """What the catalogue of the shop says of a product; null where it does not."""

    id_produto: str
    nome: str | None = None
    categoria: str | None = None


class ResumoProduto(BaseModel):
    """The same of one product: an order counts in `pedidos` by its units of that product. `nome`
    and `categoria` are null where the catalogue of the shop does not say."""

    id_produto: str
    total_vendido: int
    receita: Dinheiro
    pedidos: int
    nome: str | None = None
    categoria: str | None = None


class ProdutoNoRanking(BaseModel):
    """The same and its place, 1 is best."""

    posicao: int
    id_produto: str
    total_vendido: int
    receita: Dinheiro
    pedidos: int
    nome: str | None = None
    categoria: str | None = None


class VendasDoPeriodo(BaseModel):
    """`total` is that of all products of the period, or of the one that was asked for, not of the
    page: an order of two products counts once in it. `atualizado_em` is the last commit of the
    stream that is in these figures; `degradado` says why they may be the last good ones and not
    the newest."""

    total: Vendido
    atualizado_em: Momento | None
    degradado: list[Degradado]


class ResumoVendas(VendasDoPeriodo):
    """A page; `proximo_cursor` is null on the last one."""

    itens: list[ResumoProduto]
    proximo_cursor: str | None


class MaisVendidos(VendasDoPeriodo):
    """The best, best first."""

    itens: list[ProdutoNoRanking]


class Frescor(BaseModel):
    """Until when nothing is missing, and how long ago that is; null if unknown."""

    confirmado_em: Momento | None
    idade_s: float | None


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
    ultimo_commit: Momento | None
    frescor: Frescor
    degradado: list[Degradado]


class Sonda(BaseModel):
    """An event of type `sonda`, which counts in no figure: when its sender dated it, when Kafka had
    it and when it was committed to the warehouse. `segundos` is from the first to the last; both
    are null where the ledger no longer tells the commit, which is a day after it."""

    id_evento: str
    enviada_em: Momento
    recebida_em: Momento
    gravada_em: Momento | None
    segundos: float | None


class Sondas(BaseModel):
    """The newest first."""

    sondas: list[Sonda]
    degradado: list[Degradado]


class SessaoDoUsuario(BaseModel):
    """A visit of a customer. Events of one `id_sessao` are one; those without one are, while gaps
    are shorter than 30 minutes. What is taken back is in none."""

    id_sessao: str | None
    inicio: Momento
    fim: Momento
    cliques: int
    carrinhos: int
    compras: int


class EventoDoUsuario(BaseModel):
    """An event as it was sent; `id_evento` as the warehouse has it."""

    id_evento: str
    tipo_evento: str
    id_produto: str
    timestamp: Momento
    id_pedido: str | None
    quantidade: int | None
    preco: Dinheiro | None
    id_sessao: str | None


class AtividadeDoUsuario(BaseModel):
    """`compras` counts events of that type, so an order of two products counts twice. `unidades`
    and `receita` are what was bought; what was taken back counts apart. `sessoes` are the last 10,
    the newest first; `eventos` a page, the newest first, and `proximo_cursor` is null on the last
    one. Counts go back to the first event, `eventos` as far as events are kept."""

    id_usuario: str
    primeira_atividade: Momento | None
    ultima_atividade: Momento | None
    cliques: int
    carrinhos: int
    compras: int
    unidades: int
    receita: Dinheiro
    devolucoes: int
    cancelamentos: int
    unidades_devolvidas: int
    valor_devolvido: Dinheiro
    sessoes: list[SessaoDoUsuario]
    eventos: list[EventoDoUsuario]
    proximo_cursor: str | None


class Situacao(BaseModel):
    """A word for Kubernetes."""

    status: str
