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
TABLE_IDADES: Final = "ingestao_idades"
TABLE_MIGRATIONS: Final = "migracoes"
TABLE_CARGAS: Final = "cargas"
TABLE_PRETERIDAS: Final = "vendas_preteridas"
TABLE_VENDAS_REJEITADAS: Final = "vendas_rejeitadas"
TABLE_PRODUTOS: Final = "produtos"
TABLE_VENDAS_DIARIAS: Final = "vendas_diarias"
TABLE_PRODUTOS_DIARIOS: Final = "produtos_diarios"
TABLE_RECEITA_DIARIA: Final = "receita_diaria"
TABLE_RECEITA_MENSAL: Final = "receita_mensal"
TABLE_METRICAS_MINUTO: Final = "metricas_minuto"
TABLE_CONCILIACAO: Final = "conciliacao_diaria"
TABLE_QUALIDADE: Final = "resultados_qualidade"

COLLECTION_PERFIS: Final = "perfis_usuarios"
COLLECTION_LOGS: Final = "logs_cliques"
COLLECTION_METRICAS: Final = "metricas_tempo_real"
COLLECTION_ALERTAS: Final = "alertas_estoque"

QUERY_WAREHOUSE: Final = "warehouse"
"""Name under which the warehouse query writes its ledger rows, of every topic."""
QUERY_FIGURES: Final = "metrics"
"""The query of the live figures to Spark, in its log's folder and in the labels of Prometheus."""
