"""The answers of `/metricas/regioes` and `/metricas/funil`."""

from pydantic import BaseModel

from analytics_api.models import Degradado, Dinheiro, Momento


class VendasDoEstado(BaseModel):
    """Of customers whose profile names this state and region: sums of the last 60 UTC minutes, less
    what was taken back in them. `pedidos` is the sum of the minutes' orders. `usuarios_ativos` were
    active within five minutes before the stream last counted them."""

    estado: str
    regiao: str
    pedidos: int
    unidades: int
    receita: Dinheiro
    visualizacoes: int
    usuarios_ativos: int


class VendasDoSegmento(BaseModel):
    """The same of customers whose profile names this segment."""

    segmento: str
    pedidos: int
    unidades: int
    receita: Dinheiro
    visualizacoes: int
    usuarios_ativos: int


class Regioes(BaseModel):
    """The highest revenue first. `desconhecido` is a customer without a profile, or a field that it
    lacks; `outros` is the sum of what is not named. `aguardando` is how many customers did
    something that is not in these figures until their profile is read. `atualizado_em` is when the
    stream last wrote them, null if it never did."""

    estados: list[VendasDoEstado]
    segmentos: list[VendasDoSegmento]
    aguardando: int
    atualizado_em: Momento | None
    degradado: list[Degradado]


class CarrinhosAbandonados(BaseModel):
    """A cart is a customer and a product that they added since `desde`, last at least 15 minutes
    before `contado_em`, and have not bought since. `valor` is that of the `com_preco` carts whose
    price is known."""

    carrinhos: int
    clientes: int
    com_preco: int
    valor: Dinheiro


class Funil(BaseModel):
    """Customers who clicked since `desde`, which of them then put something into a cart, and which
    of those then bought something. `contado_em` is when the stream counted them; both are null if
    it never did."""

    desde: Momento | None
    contado_em: Momento | None
    clicaram: int
    adicionaram: int
    compraram: int
    carrinhos_abandonados: CarrinhosAbandonados
    degradado: list[Degradado]
