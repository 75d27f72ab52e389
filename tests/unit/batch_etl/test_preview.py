"""What a dry run says of a file."""

from datetime import UTC, datetime
from pathlib import Path

from batch_etl.layout import Rules
from batch_etl.preview import preview
from batch_etl.product_file import read_products
from batch_etl.sales_file import read_sales

RULES = Rules(
    timezone="America/Sao_Paulo",
    now=datetime(2026, 11, 2, tzinfo=UTC),
    columns={"Pedido": "id_pedido"},
)
SALES = """Pedido;id_produto;quantidade;preco;data;cupom
o1;p1;2;1.234,50;01/11/2026 10:00;
o2;p1;1;0,50;01/11/2026 12:00;NATAL
o3;p1;-1;9,90;01/11/2026 12:00;
"""


def lines(path: Path, text: str) -> list[str]:
    path.write_text(text, "cp1252")
    with read_sales(path, path.name, RULES) as cleaned:
        return list(preview(cleaned))


def test_sales_are_said_in_the_shopkeepers_words(tmp_path: Path) -> None:
    found = lines(tmp_path / "pedidos.csv", SALES)
    assert "separador: ponto e vírgula" in found
    assert "decimais com: vírgula" in found
    assert "coluna id_pedido: 'Pedido'" in found
    assert "colunas ignoradas: 'cupom'" in found
    assert "colunas opcionais que faltam: id_usuario, regiao" in found
    assert "linhas válidas: 2" in found
    assert "vendas de 01/11/2026 13:00 a 01/11/2026 15:00 (UTC)" in found
    assert "3 unidades, R$ 2469.50" in found
    assert found[-3:-1] == ["linhas rejeitadas: 1", "  quantidade_fora_do_limite: 1"]
    assert found[-1].startswith("  linha 3: quantidade_fora_do_limite, quantidade: {")


def test_examples_are_few_however_many_rows_are_rejected(tmp_path: Path) -> None:
    row = "o3;p1;-1;9,90;01/11/2026 12:00;\n"
    found = lines(tmp_path / "pedidos.csv", SALES + row * 200)
    assert "linhas rejeitadas: 201" in found
    assert sum(line.startswith("  linha ") for line in found) == 10


def test_products_have_neither_units_nor_revenue(tmp_path: Path) -> None:
    path = tmp_path / "produtos.csv"
    path.write_text("id_produto,nome,categoria,preco_lista\np1,Caneca,Cozinha,39.90\n")
    with read_products(path, path.name, RULES) as cleaned:
        found = list(preview(cleaned))
    assert "linhas válidas: 1" in found
    assert not any("unidades" in line for line in found)


def test_regions_that_are_no_states_are_counted(tmp_path: Path) -> None:
    header, *rows = SALES.splitlines()
    regions = ["regiao", "Lisboa", "PA", "Lisboa"]
    text = "\n".join(f"{row};{r}" for row, r in zip([header, *rows], regions, strict=True))
    found = lines(tmp_path / "pedidos.csv", text)
    assert "linhas com regiões que não são estados do Brasil: 1" in found
    without = lines(tmp_path / "pedidos.csv", SALES)
    assert not any("estados do Brasil" in line for line in without)
