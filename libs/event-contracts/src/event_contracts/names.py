"""Names of topics, warehouse tables, document collections and stream queries."""

from typing import Final

TOPIC_EVENTOS: Final = "eventos_clientes"
TOPIC_ESTOQUE: Final = "atualizacoes_estoque"
TOPICS: Final = (TOPIC_EVENTOS, TOPIC_ESTOQUE)

TABLE_EVENTOS: Final = "eventos_clientes"
TABLE_VENDAS: Final = "vendas"
TABLE_ATUALIZACOES: Final = "atualizacoes_estoque"
TABLE_ESTOQUE: Final = "estoque"
TABLE_SEM_COMPRA: Final = "devolucoes_sem_compra"
TABLE_REJEITADOS: Final = "eventos_rejeitados"
TABLE_LEDGER: Final = "ingestao"
TABLE_EPOCHS: Final = "ingestao_epocas"
TABLE_MIGRATIONS: Final = "migracoes"

COLLECTION_PERFIS: Final = "perfis_usuarios"
COLLECTION_LOGS: Final = "logs_cliques"
COLLECTION_METRICAS: Final = "metricas_tempo_real"
COLLECTION_ALERTAS: Final = "alertas_estoque"

QUERY_WAREHOUSE: Final = "warehouse"
"""Name under which the warehouse query writes its ledger rows, of every topic."""
QUERY_FIGURES: Final = "metrics"
"""The query of the live figures to Spark, in its log's folder and in the labels of Prometheus."""
