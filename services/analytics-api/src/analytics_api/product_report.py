"""The report of one product: what it is, what it sells, who looks at it, and how long its stock
lasts."""

from dataclasses import dataclass
from datetime import date, timedelta

from analytics_api.models import Vendido
from analytics_api.periods import Period, PeriodTables
from analytics_api.problems import NotReadyError
from analytics_api.product_models import Produto, VendasDoProduto
from analytics_api.reports import AsOf
from analytics_api.stock_report import StockFigures


@dataclass(frozen=True, slots=True)
class ProductFigures:
    """What is known of a product beside its sales."""

    id_produto: str
    stock: StockFigures
    views: int | None
    """None while nothing is known of anybody's views."""
    today: date

    def report(self, tables: PeriodTables, as_of: AsOf) -> Produto | None:
        """The product with its sales up to today; None if nothing is known of it."""
        product = self.stock.catalogue.products.get(self.id_produto)
        stock = self.stock.of(self.id_produto)
        is_known = bool(product or stock or self.views) or tables.has_sold(self.id_produto)
        if not is_known:
            return None
        return Produto(
            id_produto=self.id_produto,
            nome=product and product.nome,
            categoria=product and product.categoria,
            preco_lista=product and product.preco_lista,
            vendas=VendasDoProduto(
                hoje=self._sold(tables, 1),
                ultimos_7_dias=self._sold(tables, 7),
                ultimos_30_dias=self._sold(tables, 30),
            ),
            visualizacoes=self.views,
            estoque=stock,
            atualizado_em=as_of.atualizado_em,
            degradado=as_of.degradado,
        )

    def _sold(self, tables: PeriodTables, days: int) -> Vendido | None:
        period = Period(self.today - timedelta(days=days - 1), self.today)
        try:
            units, revenue, orders = tables.of_product(period, self.id_produto) or (0, 0, 0)
        except NotReadyError:
            return None
        return Vendido(total_vendido=units, receita=revenue, pedidos=orders)
