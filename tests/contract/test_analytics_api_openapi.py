"""Whatever the OpenAPI document allows or forbids, the answers keep to it."""

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.support.analytics import filled_memory

from analytics_api.app import create_app

schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(filled_memory()))
of_one_answer = schema.exclude(path="/metricas/tempo_real/stream")


@of_one_answer.parametrize()
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_keep_to_the_document(case: schemathesis.Case) -> None:
    """A cursor that was made up, or a period that ends before it begins, is refused though
    each value has the right form: no schema can say that."""
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_every_route_but_the_page_is_documented() -> None:
    assert sorted(schema.raw_schema["paths"]) == [
        "/conciliacao",
        "/conciliacao/{data}",
        "/estoque",
        "/estoque/alertas",
        "/estoque/{id_produto}",
        "/healthz",
        "/metricas/funil",
        "/metricas/regioes",
        "/metricas/tempo_real",
        "/metricas/tempo_real/stream",
        "/pipeline/conciliacao",
        "/pipeline/sondas",
        "/produtos/mais_vendidos",
        "/produtos/{id_produto}",
        "/qualidade",
        "/readyz",
        "/usuarios/{id_usuario}/atividade",
        "/vendas/diarias",
        "/vendas/mensais",
        "/vendas/resumo",
    ]
