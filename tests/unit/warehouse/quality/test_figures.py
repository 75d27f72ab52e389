"""What the counts of the one pass make of a check."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from warehouse.quality import figures
from warehouse.quality.checks import Completa, TaxaPorMotivo, Volume

SAID: dict[str, Any] = {"nome": "nome_dela", "descricao": "Uma frase.", "bloqueante": True}
AT = datetime(2026, 5, 2, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("measure", "wrong", "considered", "value"),
    [
        pytest.param("linhas", 3, 12, Decimal(3), id="rows"),
        pytest.param("proporcao", 3, 12, Decimal("0.25"), id="their share"),
        pytest.param("linhas", 0, 0, Decimal(0), id="no row is wrong among none"),
        pytest.param("proporcao", 0, 0, None, id="none has no share"),
    ],
)
def test_rows_that_are_wrong(
    measure: Any, wrong: int, considered: int, value: Decimal | None
) -> None:
    check = Completa(**SAID, tipo="completa", colunas=("nome",), medida=measure)
    note = f"{wrong} de {considered} linhas"
    assert figures.share_or_count(check, wrong, considered) == (value, note)


@pytest.mark.parametrize(
    ("newest", "hours"),
    [
        pytest.param(datetime(2026, 5, 2, 1, 30, tzinfo=UTC), Decimal("1.5"), id="earlier"),
        pytest.param(datetime(2026, 5, 2, 4, tzinfo=UTC), Decimal(0), id="later is no age"),
        pytest.param(None, None, id="no row has none"),
    ],
)
def test_the_age_of_the_newest_row(newest: datetime | None, hours: Decimal | None) -> None:
    assert figures.age(newest, AT)[0] == hours


@pytest.mark.parametrize(
    ("count", "before", "value"),
    [
        pytest.param(90, [100, 80, 120, 100], Decimal("0.9"), id="the mean of all weeks"),
        pytest.param(90, [100, 0, 80, 90], Decimal(1), id="a week without rows is no part of it"),
        pytest.param(90, [100, 0, 0, 90], None, id="two weeks are too few"),
        pytest.param(0, [100, 100, 100, 100], Decimal(0), id="nothing came"),
        pytest.param(90, [49, 49, 49, 49], None, id="so few are chance"),
        pytest.param(90, [], None, id="a new shop"),
    ],
)
def test_a_volume_beside_its_weekday(count: int, before: list[int], value: Decimal | None) -> None:
    check = Volume(**SAID, tipo="volume", minimo=Decimal("0.5"))
    assert figures.volume(check, count, before)[0] == value


@pytest.mark.parametrize(
    ("refused", "total", "rates"),
    [
        pytest.param({"vazio": 0, "nao_json": 0}, 100, {"": Decimal(0)}, id="none"),
        pytest.param(
            {"vazio": 5, "nao_json": 20, "nao_utf8": 0},
            100,
            {":vazio": Decimal("0.05"), ":nao_json": Decimal("0.2")},
            id="by reason",
        ),
        pytest.param({"vazio": 5}, 0, {":vazio": Decimal(1)}, id="never more than all"),
    ],
)
def test_the_rate_of_each_reason(
    refused: dict[str, int], total: int, rates: dict[str, Decimal]
) -> None:
    check = TaxaPorMotivo(
        **SAID, tipo="taxa_por_motivo", coluna="motivo", total="SELECT 1", maximo=Decimal(1)
    )
    found = {name: value for name, (value, _) in figures.rates(check, refused, lambda: total)}
    assert found == {f"nome_dela{reason}": rate for reason, rate in rates.items()}
