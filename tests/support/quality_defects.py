"""What can be wrong with the last day of the make-believe history, and the check meant for it."""

from typing import Final

from tests.support.quality_world import LAST, at, naive

_SINCE: Final = f"TIMESTAMP '{naive(at(LAST, 0))}'"
_DAY: Final = f"dia = DATE '{LAST}'"
_EVENTS: Final = f'eventos_clientes WHERE "timestamp" >= {_SINCE}'
_SALES: Final = f"vendas WHERE data >= {_SINCE}"
_BY_FILE: Final = f"{_SALES} AND origem = 'arquivo'"
_BY_STREAM: Final = f"{_SALES} AND origem = 'fluxo' AND tipo_evento = 'compra'"
_PASSED_OVER: Final = f"vendas_preteridas WHERE data >= {_SINCE}"
_UPDATE: Final = (
    f"atualizacoes_estoque WHERE ultima_atualizacao >= {_SINCE} AND id_produto = 'p001'"
)
_MINUTES: Final = f"metricas_minuto WHERE minuto >= {_SINCE}"
_LAST_FILE: Final = f"arquivo = 'vendas/data={LAST}/pedidos.csv'"
_LAST_EVENT: Final = f'"timestamp" = (SELECT MAX("timestamp") FROM {_EVENTS})'


def _set(table_where: str, change: str) -> str:
    table, where = table_where.split(" WHERE ", 1)
    return f"UPDATE {table} SET {change} WHERE {where}"


def _delete(table_where: str) -> str:
    return f"DELETE FROM {table_where}"


def _twice(table_where: str, key: str) -> str:
    """One row of those, there a second time."""
    table, where = table_where.split(" WHERE ", 1)
    one = f"(SELECT MAX({key}) FROM {table} WHERE {where})"
    return f"INSERT INTO {table} SELECT * FROM {table} WHERE {key} = {one} AND {where}"


def _again(table_where: str) -> str:
    table, where = table_where.split(" WHERE ", 1)
    return f"INSERT INTO {table} SELECT * FROM {table} WHERE {where}"


DEFECTS: Final[dict[str, str]] = {
    # Events
    "eventos_identificados": _set(f"{_EVENTS} AND {_LAST_EVENT}", "id_usuario = ' '"),
    "eventos_sem_repeticao": _again(f"{_EVENTS} AND {_LAST_EVENT}"),
    "eventos_de_tipo_conhecido": _set(f"{_EVENTS} AND {_LAST_EVENT}", "tipo_evento = 'olhada'"),
    "eventos_de_venda_completos": _set(f"{_EVENTS} AND tipo_evento = 'compra'", "preco = NULL"),
    "quantidade_dos_eventos": _set(f"{_EVENTS} AND quantidade = 2", "quantidade = 0"),
    "preco_dos_eventos": _set(f"{_EVENTS} AND quantidade = 2", "preco = -0.01"),
    "eventos_nao_futuros": _set(
        f"{_EVENTS} AND {_LAST_EVENT}", "recebido_em = recebido_em - INTERVAL '6 minutes'"
    ),
    "eventos_atrasados": _set(_EVENTS, "recebido_em = recebido_em + INTERVAL '25 hours'"),
    "eventos_recentes": _delete(f"{_EVENTS} AND \"timestamp\" > {_SINCE} + INTERVAL '10 hours'"),
    "volume_de_eventos": _delete(f"{_EVENTS} AND MOD(kafka_offset, 3) > 0"),
    # Sales
    "vendas_identificadas": _set(f"{_SALES} AND linha = 3", "id_pedido = ''"),
    "vendas_com_cliente": _set(f"{_SALES} AND quantidade = 2", "id_usuario = NULL"),
    "preco_das_vendas": _set(f"{_SALES} AND linha = 3", "preco = 1000000.01"),
    "sinal_das_vendas": _set(f"{_SALES} AND linha = 3", "quantidade = -1"),
    "quantidade_das_vendas": _set(f"{_SALES} AND linha = 3", "quantidade = 10001"),
    "origem_das_vendas": _set(f"{_SALES} AND linha = 3", "id_evento = 'e-1'"),
    "eventos_contados_uma_vez": _twice(_BY_STREAM, "id_evento"),
    "linhas_de_arquivo_sem_repeticao": _again(f"{_BY_FILE} AND linha = 3"),
    "produtos_das_vendas": _set(f"{_SALES} AND quantidade = 2", "id_produto = 'p999'"),
    "cargas_das_vendas": _set(f"{_BY_FILE} AND linha = 3", "id_carga = 999999"),
    "regiao_das_vendas": _set(f"{_BY_FILE} AND linha = 3", "regiao = 'Acre'"),
    "vendas_recentes": _delete(f"{_SALES} AND data > {_SINCE} + INTERVAL '5 hours'"),
    "volume_de_vendas": _delete(f"{_BY_FILE} AND linha > 15"),
    "vendas_contra_eventos": _set(_PASSED_OVER, "preco = preco + 0.01"),
    "vendas_contadas_uma_vez": (
        "INSERT INTO vendas SELECT * FROM "
        f"{_PASSED_OVER} AND id_evento = (SELECT MAX(id_evento) FROM {_PASSED_OVER})"
    ),
    "preteridas_sao_compras": _set(_PASSED_OVER, "tipo_evento = 'devolucao'"),
    "cargas_das_preteridas": _set(f"{_PASSED_OVER} AND origem = 'arquivo'", "id_carga = 999999"),
    "preteridas_com_vencedora": _delete(f"{_BY_FILE} AND linha = 3"),
    # Files
    "cargas_sem_repeticao": _again(f"cargas WHERE {_LAST_FILE}"),
    "uma_versao_por_arquivo": (
        "INSERT INTO cargas SELECT id_carga + 1000, tipo, arquivo, 'outra', tamanho, "
        "modificado_em, situacao, n_lidas, n_gravadas, n_preteridas, n_rejeitadas, "
        f"n_substituidas, erro, carregada_em FROM cargas WHERE {_LAST_FILE}"
    ),
    "situacao_das_cargas": _set(f"cargas WHERE {_LAST_FILE}", "situacao = 'perdida'"),
    "contas_das_cargas": _set(f"cargas WHERE {_LAST_FILE}", "n_lidas = n_lidas + 1"),
    "linhas_boas_dos_arquivos": _set(f"cargas WHERE {_LAST_FILE}", "n_rejeitadas = n_lidas / 4"),
    "arquivos_lidos": _set(f"cargas WHERE {_LAST_FILE}", "situacao = 'ignorada'"),
    "arquivos_recentes": _set(
        "cargas WHERE tipo = 'vendas'", "carregada_em = carregada_em - INTERVAL '2 days'"
    ),
    "linhas_das_cargas": _delete(f"{_BY_FILE} AND linha = 3"),
    "rejeitadas_das_cargas": _delete(f"vendas_rejeitadas WHERE {_LAST_FILE}"),
    "rejeitadas_explicadas": _set(f"vendas_rejeitadas WHERE {_LAST_FILE}", "motivo = ''"),
    "cargas_das_rejeitadas": _delete(f"cargas WHERE {_LAST_FILE}"),
    # Products and stock
    "produtos_sem_repeticao": _again("produtos WHERE id_produto = 'p001'"),
    "produtos_com_nome": _set("produtos WHERE id_produto = 'p001'", "nome = ' '"),
    "produtos_com_categoria": _set("produtos WHERE id_produto > 'p009'", "categoria = NULL"),
    "preco_de_lista": _set("produtos WHERE id_produto = 'p001'", "preco_lista = -1"),
    "cargas_dos_produtos": _delete("cargas WHERE tipo = 'produtos'"),
    "estoque_sem_repeticao": _again("estoque WHERE id_produto = 'p001'"),
    "nivel_do_estoque": _set("estoque WHERE id_produto = 'p001'", "nivel_estoque = -1"),
    "produtos_do_estoque": _delete("produtos WHERE id_produto > 'p009'"),
    "estoque_recente": _set(
        "estoque WHERE id_armazem = 'cd'", "recebido_em = recebido_em - INTERVAL '1 day'"
    ),
    "atualizacoes_identificadas": _set(_UPDATE, "id_armazem = ''"),
    "atualizacoes_sem_repeticao": _again(_UPDATE),
    "nivel_das_atualizacoes": _set(_UPDATE, "nivel_estoque = -1"),
    # Dead letters and the ledger
    "rejeitados_sem_repeticao": _twice(
        f"eventos_rejeitados WHERE recebido_em >= {_SINCE}", "kafka_offset"
    ),
    "taxa_de_rejeicao:tipo_errado": (
        "INSERT INTO eventos_rejeitados SELECT topic, kafka_partition, "
        "ingestao.off_to + numeros.n, 'tipo_errado', campo, detalhe, chave, conteudo, recebido_em "
        "FROM eventos_rejeitados "
        "CROSS JOIN (SELECT kafka_offset AS n FROM atualizacoes_estoque "
        "WHERE kafka_offset < 50) AS numeros "
        f"JOIN ingestao USING (topic) WHERE committed_at >= {_SINCE} AND recebido_em = "
        "(SELECT MAX(recebido_em) FROM eventos_rejeitados)"
    ),
    "contas_da_ingestao": _set(f"ingestao WHERE committed_at >= {_SINCE}", "n_dead = n_dead + 1"),
    "ingestao_recente": _set(
        "ingestao WHERE epoch = 1", "committed_at = committed_at - INTERVAL '1 day'"
    ),
    "livro_razao": _delete(f"{_EVENTS} AND {_LAST_EVENT}"),
    # The figures of days
    "diarias_sem_repeticao": _again(f"vendas_diarias WHERE {_DAY} AND regiao = 'SP'"),
    "diarias_preenchidas": _set(f"vendas_diarias WHERE {_DAY} AND regiao = 'SP'", "regiao = ''"),
    "contagens_das_diarias": _set(f"vendas_diarias WHERE {_DAY} AND regiao = 'SP'", "pedidos = -1"),
    "diarias_contra_receita_diaria": _delete(f"vendas_diarias WHERE {_DAY} AND regiao = 'SP'"),
    "produtos_do_dia_sem_repeticao": _again(f"produtos_diarios WHERE {_DAY}"),
    "produtos_contra_receita_diaria": _set(
        f"produtos_diarios WHERE {_DAY}", "receita = receita + 0.01"
    ),
    "dias_sem_repeticao": _again(f"receita_diaria WHERE {_DAY}"),
    "dias_com_arquivo_somados": _delete(f"receita_diaria WHERE {_DAY}"),
    "receita_contra_vendas": _set(f"receita_diaria WHERE {_DAY}", "receita = receita * 1.02"),
    "meses_sem_repeticao": _again("receita_mensal WHERE mes = DATE '2026-05-01'"),
    "meses_pelo_primeiro_dia": _set(
        "receita_mensal WHERE mes = DATE '2026-05-01'", "mes = DATE '2026-05-02'"
    ),
    "mes_contra_dias": _set("receita_mensal WHERE mes = DATE '2026-05-01'", "receita = 1"),
    "minutos_sem_repeticao": _twice(_MINUTES, "minuto"),
    "minutos_inteiros": _set(_MINUTES, "minuto = minuto + INTERVAL '1 second'"),
    "contagens_dos_minutos": _set(_MINUTES, "pedidos = -1"),
    "receita_dos_minutos": _set(_MINUTES, "receita = -10000000.01"),
    "minutos_sem_falha": _set(
        f"{_MINUTES} AND minuto > {_SINCE} + INTERVAL '1330 minutes'",
        "minuto = minuto - INTERVAL '10 hours'",
    ),
    "conciliacao_sem_repeticao": _again(f"conciliacao_diaria WHERE {_DAY} AND figura = 'unidades'"),
    "diferenca_explicada": _set(f"conciliacao_diaria WHERE {_DAY}", "outro_dia = outro_dia + 1"),
    "fluxo_contra_arquivos": _set(
        f"conciliacao_diaria WHERE {_DAY}", "valor_diferente = 900, outro_dia = -900"
    ),
    "ao_vivo_contra_fluxo": _set(f"conciliacao_diaria WHERE {_DAY}", "ao_vivo = ao_vivo * 2"),
}
"""The name of a result -> the statement that makes it one of failure."""
