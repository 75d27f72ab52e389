"""The products of the shop in memory: the names that answers give to an `id_produto`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeVar

from analytics_api.models import NomeDoProduto

LONGEST_NAME: Final = 200
"""Characters of a name or category that are kept."""
_Named = TypeVar("_Named", bound=NomeDoProduto)


@dataclass(frozen=True, slots=True)
class Product:
    """What the catalogue files say of one product."""

    nome: str
    categoria: str | None = None
    preco_lista: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products by id. Values never change: a new load makes a new catalogue."""

    products: Mapping[str, Product] = field(default_factory=dict)

    def named(self, items: Sequence[_Named]) -> list[_Named]:
        """The items with the names of their products; those of unknown products as they are."""
        return [item.model_copy(update=self.names(item.id_produto)) for item in items]

    def names(self, id_produto: str) -> dict[str, str | None]:
        """The fields `nome` and `categoria`; empty for an unknown product, for which both are
        null."""
        product = self.products.get(id_produto)
        return {} if product is None else {"nome": product.nome, "categoria": product.categoria}
