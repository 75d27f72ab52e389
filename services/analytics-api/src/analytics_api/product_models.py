"""The answer about one product."""

from pydantic import BaseModel

from analytics_api.models import Degradado, Dinheiro, Momento, NomeDoProduto, Vendido
from analytics_api.stock_models import EstoqueProduto


class VendasDoProduto(BaseModel):
    """Net sales of a product, today included; null where the period is older than what is in
    memory."""

    hoje: Vendido | None
    ultimos_7_dias: Vendido | None
    ultimos_30_dias: Vendido | None


class Produto(NomeDoProduto):
    """All that is known of one product. `preco_lista` is null where the catalogue does not say it;
    `estoque` is that of `/estoque/{id_produto}`, null if no stock location has reported the
    product; `visualizacoes` are its clicks of the last 60 minutes, null until they were read."""

    preco_lista: Dinheiro | None
    vendas: VendasDoProduto
    visualizacoes: int | None
    estoque: EstoqueProduto | None
    atualizado_em: Momento | None
    degradado: list[Degradado]
