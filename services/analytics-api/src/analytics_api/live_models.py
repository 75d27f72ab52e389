"""The answer of the live metrics, which the page shows."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer

from analytics_api.models import MOMENT, Degradado, Dinheiro, Frescor, Momento, NomeDoProduto
from analytics_api.movement import Movimento
from analytics_api.stock_models import AlertaEstoque, ArmazemSilencioso


def _iso_minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


Minuto = Annotated[
    datetime, PlainSerializer(_iso_minute, return_type=str, when_used="json"), MOMENT
]


class VendasNoMinuto(BaseModel):
    """Sales of one UTC minute. `revisao` rises with each correction of the minute, by a late event
    as by one in time, and also when only its clicks changed; 0 while nothing was read of it."""

    minuto: Minuto
    pedidos: int
    unidades: int
    receita: Dinheiro
    revisao: Annotated[int, Field(ge=0, examples=[1747250165000])]


class VendasHoje(BaseModel):
    """Sales of today in the shop's time zone, less what was taken back today. An order counts
    once in `pedidos` when more of its units were bought today than taken back."""

    dia: date
    pedidos: int
    unidades: int
    receita: Dinheiro


class VendasAteAgora(BaseModel):
    """What was sold on a past day before `ate`, which is the beginning of the present minute of
    the shop's clock, on that day. An order counts by its units of that time alone."""

    dia: date
    ate: Minuto
    pedidos: int
    unidades: int
    receita: Dinheiro


class Comparacao(BaseModel):
    """Past days up to the same time of day as now; null where nothing was sold on the whole day,
    or while it was not read yet."""

    ontem: VendasAteAgora | None
    semana_passada: VendasAteAgora | None


class ProdutoVisto(NomeDoProduto):
    """Clicks of the last 60 minutes. `posicao_anterior` is the place by clicks of the 60 minutes
    before, null for a product that had none then, and `movimento` is since then: `novo` for such a
    product, null if nothing is known of that time."""

    visualizacoes: int
    posicao_anterior: Annotated[int, Field(ge=1)] | None
    movimento: Movimento | None


class FrescorAoVivo(BaseModel):
    """Sales come from the warehouse, metrics from the stream."""

    vendas: Frescor
    metricas: Frescor


class EstoqueAoVivo(BaseModel):
    """How many alerts on stock are open, and those of them whose stock ends first, ten at most: as
    stock-alerts decided them at `avaliado_em`, null if it never did. `armazens_silenciosos` are the
    stock locations that nothing was heard of for ten minutes, the longest first."""

    avaliado_em: Momento | None
    alertas_abertos: int
    alertas: list[AlertaEstoque]
    armazens_silenciosos: list[ArmazemSilencioso]


class MetricasTempoReal(BaseModel):
    """What the page shows."""

    agora: Momento
    fuso: str
    usuarios_ativos: int
    vendas_por_minuto: list[VendasNoMinuto]
    vendas_hoje: VendasHoje
    comparacao: Comparacao
    mais_vistos: list[ProdutoVisto]
    estoque: EstoqueAoVivo
    frescor: FrescorAoVivo
    degradado: list[Degradado]
