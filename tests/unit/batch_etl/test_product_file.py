"""Files of products."""

from decimal import Decimal
from pathlib import Path

from tests.support.cleaned import RULES, rows, written

from batch_etl.product_file import PRODUCTS, read_products

TEXT = """id_produto;nome;categoria;preco_lista
p1;  Caneca \u00a0 azul ; Eletrônicos ;10,5
p2;"Prato
raso";ELETRO\u0302NICOS;1.234
p3;Copo;eletronicos;
p4;;;1
p5;Copo;;-1
p3;Copo novo;;2
"""


def test_products(tmp_path: Path) -> None:
    with read_products(written(tmp_path, TEXT), "produtos.csv", RULES) as file:
        valid, rejected = rows(file.valid()), rows(file.rejected())
    assert valid == [
        dict(zip(PRODUCTS.schema.names, row, strict=True))
        for row in [
            ("p1", "Caneca azul", "eletrônicos", Decimal("10.50"), 1),
            ("p2", "Prato raso", "eletrônicos", Decimal("1234.00"), 2),
            ("p3", "Copo novo", None, Decimal("2.00"), 6),
        ]
    ]
    assert [(r["linha"], r["motivo"], r["campo"]) for r in rejected] == [
        (3, "linha_repetida", None),
        (4, "campo_ausente", "nome"),
        (5, "preco_fora_do_limite", "preco_lista"),
    ]
