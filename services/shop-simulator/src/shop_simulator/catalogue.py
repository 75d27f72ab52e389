"""What the shop sells: the same products, ids and prices for the same seed."""

import random
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ZIPF_EXPONENT: Final = 0.9
"""How steeply popularity falls from the best seller on; shops are found between 0.8 and 1.1."""

_CENT: Final = Decimal("0.01")
_PRODUCTS: Final = {
    "cozinha": (
        (39, "Caneca esmaltada"),
        (89, "Frigideira de ferro"),
        (129, "Jogo de facas"),
        (59, "Tábua de bambu"),
        (149, "Cafeteira italiana"),
        (29, "Pano de prato bordado"),
        (79, "Assadeira de vidro"),
        (49, "Moedor de pimenta"),
    ),
    "casa": (
        (119, "Luminária de mesa"),
        (69, "Almofada de linho"),
        (199, "Manta de algodão"),
        (45, "Vela aromática"),
        (89, "Espelho redondo"),
        (159, "Tapete de sisal"),
        (35, "Vaso de cerâmica"),
        (99, "Relógio de parede"),
    ),
    "moda": (
        (59, "Camiseta básica"),
        (189, "Calça jeans"),
        (149, "Vestido de verão"),
        (229, "Jaqueta corta-vento"),
        (39, "Meia de algodão"),
        (79, "Boné bordado"),
        (99, "Bolsa de lona"),
        (259, "Tênis de corrida"),
    ),
    "eletrônicos": (
        (199, "Fone de ouvido sem fio"),
        (149, "Caixa de som portátil"),
        (59, "Carregador rápido"),
        (289, "Teclado mecânico"),
        (119, "Mouse sem fio"),
        (349, "Relógio inteligente"),
        (79, "Suporte para celular"),
        (499, "Leitor digital"),
    ),
    "beleza": (
        (45, "Sabonete de argila"),
        (69, "Hidratante de castanha"),
        (89, "Perfume de lavanda"),
        (39, "Protetor labial"),
        (59, "Xampu sólido"),
        (79, "Óleo de argan"),
        (29, "Escova de bambu"),
        (99, "Kit de maquiagem"),
    ),
    "livros": (
        (49, "Romance de estreia"),
        (39, "Contos do sertão"),
        (69, "Atlas ilustrado"),
        (59, "Receitas de família"),
        (45, "Poesia reunida"),
        (79, "História do Brasil"),
        (35, "Livro de colorir"),
        (89, "Guia de plantas"),
    ),
    "esporte": (
        (99, "Garrafa térmica"),
        (129, "Tapete de ioga"),
        (79, "Corda de pular"),
        (159, "Bola de futebol"),
        (219, "Mochila de trilha"),
        (69, "Faixa elástica"),
        (189, "Par de halteres"),
        (259, "Barraca de camping"),
    ),
    "infantil": (
        (59, "Quebra-cabeça de madeira"),
        (89, "Urso de pelúcia"),
        (129, "Blocos de montar"),
        (45, "Massa de modelar"),
        (149, "Patinete dobrável"),
        (39, "Giz de cera"),
        (79, "Jogo da memória"),
        (199, "Cabana de tecido"),
    ),
}


@dataclass(frozen=True, slots=True)
class Product:
    """`popularity` is a weight, not a share; `price` is in BRL."""

    id_produto: str
    name: str
    category: str
    price: Decimal
    popularity: float


def build_catalogue(rng: random.Random) -> list[Product]:
    """Every product once, the most popular first."""
    named = [(cat, *item) for cat, items in _PRODUCTS.items() for item in items]
    rng.shuffle(named)
    return [
        Product(
            id_produto=f"p{rank:03d}-{slug(name)}",
            name=name,
            category=category,
            price=(base * Decimal(rng.randint(85, 115)) / 100).quantize(_CENT) - _CENT * 10,
            popularity=rank**-ZIPF_EXPONENT,
        )
        for rank, (category, base, name) in enumerate(named, start=1)
    ]


def slug(name: str) -> str:
    """Lower-case ASCII with hyphens: `Caneca esmaltada` becomes `caneca-esmaltada`."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(ascii_name.lower().replace("-", " ").split())
