"""A file of checks is closed, and names what the tables have."""

import pytest

from service_runtime.errors import PermanentError
from warehouse.quality.declared import declared_checks, parse_checks

GOOD = """
tabela: vendas
momento: data
verificacoes:
  - nome: vendas_completas
    tipo: completa
    descricao: Toda venda tem pedido.
    colunas: [id_pedido]
    bloqueante: true
"""
VOLUME = """
tabela: cargas
verificacoes:
  - nome: volume_de_cargas
    tipo: volume
    descricao: Uma frase.
    minimo: 0.5
    bloqueante: true
"""
LONG = 240


def test_a_good_file_is_understood() -> None:
    (check,) = parse_checks(GOOD, "vendas.yaml").verificacoes
    assert (check.nome, list(check.columns), check.maximo) == ("vendas_completas", ["id_pedido"], 0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(GOOD.replace("bloqueante", "bloqueia"), "bloqueia", id="an unknown key"),
        pytest.param(GOOD.replace("completa\n", "cheia\n"), "cheia", id="an unknown kind"),
        pytest.param(GOOD.replace("[id_pedido]", "[pedido]"), "has no column pedido", id="column"),
        pytest.param(GOOD.replace("momento: data", "momento: preco"), "neither a date", id="days"),
        pytest.param(GOOD.replace("tabela: vendas", "tabela: venda"), "no table", id="table"),
        pytest.param(GOOD.replace("tabela: vendas", "tabela: cargas"), "about cargas", id="file"),
        pytest.param(GOOD.replace(" pedido.", " pedido"), "descricao", id="no sentence"),
        pytest.param(GOOD.replace("pedido.", "p" * LONG + "."), "descricao", id="too long"),
        pytest.param(GOOD + "    maximo: x\n", "maximo", id="no number"),
        pytest.param(VOLUME, "has no momento", id="a volume without days"),
        pytest.param(
            GOOD.replace(
                "tipo: completa", "tipo: recente\n    coluna: preco\n    maximo: 1"
            ).replace("    colunas: [id_pedido]\n", ""),
            "preco is no moment",
            id="the age of a price",
        ),
        pytest.param(
            GOOD.replace(
                "tipo: completa",
                "tipo: referencia\n    coluna: id_produto\n    tabela: produtos\n"
                "    coluna_referida: codigo",
            ).replace("    colunas: [id_pedido]\n", ""),
            "no produtos.codigo",
            id="a reference to nothing",
        ),
        pytest.param(
            GOOD.replace(
                "tipo: completa", "tipo: dominio\n    coluna: regiao\n    valores: [\"a' OR 'b\"]"
            ).replace("    colunas: [id_pedido]\n", ""),
            "valores",
            id="a quote in SQL",
        ),
        pytest.param("a: [", "vendas.yaml", id="no YAML"),
    ],
)
def test_a_bad_file_is_refused(text: str, problem: str) -> None:
    with pytest.raises(PermanentError, match=problem):
        parse_checks(text, "vendas.yaml")


def test_a_check_without_a_limit_is_refused() -> None:
    with pytest.raises(PermanentError, match="minimo or a maximo"):
        parse_checks(VOLUME.replace("    minimo: 0.5\n", ""), "cargas.yaml")


def test_a_volume_of_too_few_weeks_is_refused() -> None:
    with pytest.raises(PermanentError, match="of 2 weeks never 3"):
        parse_checks(f"{VOLUME}    semanas: 2\n", "cargas.yaml")


def test_every_kind_is_declared_and_each_name_once() -> None:
    checks = [check for declared in declared_checks() for check in declared.verificacoes]
    assert len({check.nome for check in checks}) == len(checks)
    assert {check.tipo for check in checks} == {
        "completa",
        "unica",
        "faixa",
        "dominio",
        "referencia",
        "condicao",
        "recente",
        "volume",
        "taxa_por_motivo",
        "contas",
        "auditoria",
    }
