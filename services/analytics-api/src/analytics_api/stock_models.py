"""The answers about stock."""

from typing import Literal

from pydantic import BaseModel, Field

from analytics_api.models import Degradado, Dinheiro, Momento, NomeDoProduto


class NivelNoArmazem(BaseModel):
    """The latest level of a product in one stock location: since `ultima_atualizacao` by the
    location's own clock; Kafka had it at `recebido_em`. The location was last heard of, by a level
    of whatever product, at `armazem_recebido_em`."""

    id_armazem: str
    nivel_estoque: int
    ultima_atualizacao: Momento
    recebido_em: Momento
    armazem_recebido_em: Momento


class EstoqueProduto(NomeDoProduto):
    """A product in all stock locations. `ritmo_por_hora` is net units sold an hour, in the present
    hour and the five before it. At that pace the stock lasts `dias_cobertura` and is sold out at
    `esgota_em`: both null where nothing sells; without stock 0.0 and null."""

    nivel_estoque: int
    ritmo_por_hora: float = Field(ge=0, examples=[4.25])
    dias_cobertura: float | None = Field(examples=[1.7])
    esgota_em: Momento | None
    armazens: list[NivelNoArmazem]


class Armazem(BaseModel):
    """A stock location: its products and units, and when it was last heard of. A location without
    changes still reports a level now and then."""

    id_armazem: str
    produtos: int
    unidades: int
    recebido_em: Momento


class ArmazemSilencioso(BaseModel):
    """A stock location that was last heard of long ago."""

    id_armazem: str
    recebido_em: Momento


class Estoque(BaseModel):
    """A page of products by `id_produto`; `proximo_cursor` is null on the last one. `armazens` are
    all stock locations."""

    itens: list[EstoqueProduto]
    proximo_cursor: str | None
    armazens: list[Armazem]
    atualizado_em: Momento | None
    degradado: list[Degradado]


class VendasPerdidas(BaseModel):
    """What was probably not sold between `desde` and `ate` because there was no stock: clicks and
    additions to carts in the time without stock, times how often these were followed by sales in
    the rest of that time. Null where that is not known."""

    desde: Momento
    ate: Momento
    segundos_esgotado: int
    cliques: int
    carrinhos: int
    unidades: float | None = Field(ge=0, examples=[2.5])
    receita: Dinheiro | None


class EstoqueDeUmProduto(EstoqueProduto):
    """One product, and when the stream last wrote stock. `vendas_perdidas` is null until it was
    read, which the first request begins and does not wait for."""

    vendas_perdidas: VendasPerdidas | None
    atualizado_em: Momento | None
    degradado: list[Degradado]


class AlertaEstoque(NomeDoProduto):
    """An alert of stock-alerts, as it was at its last look: `acabando` where the stock ends soon at
    the present pace, `esgotado` where there is none. `fechado_em` is null while it is open."""

    id_alerta: str
    motivo: Literal["acabando", "esgotado"]
    aberto_em: Momento
    fechado_em: Momento | None
    nivel_estoque: int
    dias_cobertura: float | None
    esgota_em: Momento | None


class AlertasEstoque(BaseModel):
    """The open alerts, those first whose stock ends first, and the last 50 that closed, the newest
    first: as stock-alerts decided them at `avaliado_em`, null if it never did."""

    avaliado_em: Momento | None
    abertos: list[AlertaEstoque]
    encerrados: list[AlertaEstoque]
    degradado: list[Degradado]
