"""Which files of an export are read."""

from datetime import date

import pytest

from batch_etl.source_files import Place, key_of_import, place_of
from service_runtime.errors import PermanentError

DAY = date(2026, 11, 1)
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param("vendas/data=2026-11-01/a.csv", Place("vendas", DAY), id="csv"),
        pytest.param("vendas/data=2026-11-01/a.parquet", Place("vendas", DAY), id="Parquet"),
        pytest.param("vendas/data=2026-11-01/A.CSV.GZ", Place("vendas", DAY), id="capitals"),
        pytest.param("vendas/data=2026-11-01/a b.csv.zst", Place("vendas", DAY), id="a blank"),
        pytest.param("produtos/catalogo.csv", Place("produtos"), id="products"),
        pytest.param("vendas/data=2026-11-31/a.csv", None, id="no such day"),
        pytest.param("vendas/data=2026-11-01/_SUCCESS", None, id="a marker"),
        pytest.param("vendas/data=2026-11-01/.a.csv", None, id="hidden"),
        pytest.param("vendas/data=2026-11-01/a.xlsx", None, id="a spreadsheet"),
        pytest.param("vendas/data=2026-11-01/b/a.csv", None, id="a folder too deep"),
        pytest.param("vendas/a.csv", None, id="no folder of a day"),
        pytest.param("backup/vendas/data=2026-11-01/a.csv", None, id="elsewhere"),
    ],
)
def test_the_place_of_a_path(path: str, place: Place | None) -> None:
    assert place_of(path) == place


def test_an_import_is_put_where_it_is_found() -> None:
    key = key_of_import("_pedidos.csv", DIGEST, DAY, products=False)
    assert key == "vendas/data=2026-11-01/importado-0123456789abcdef-_pedidos.csv"
    assert place_of(key) == Place("vendas", DAY)
    assert place_of(key_of_import("a.parquet", DIGEST, DAY, products=True)) == Place("produtos")
    with pytest.raises(PermanentError, match=r"planilha\.xlsx: the name must end with one of"):
        key_of_import("planilha.xlsx", DIGEST, DAY, products=False)
