"""The tables, each declared once: COPY order, insert lists and Arrow schemas come from here.

The migrations alone have keys, encodings and sort orders, since no program needs them.
"""

from dataclasses import dataclass
from typing import Final

from event_contracts import names
from warehouse.money import MONEY


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its Redshift type; VARCHAR lengths are bytes."""

    name: str
    type: str
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its columns, in the order of the warehouse."""

    name: str
    columns: tuple[Column, ...]

    @property
    def column_list(self) -> str:
        """The columns as SQL lists them; every name is quoted, since some are reserved words."""
        return ", ".join(f'"{column.name}"' for column in self.columns)


_ID: Final = "VARCHAR(128)"
_FILE: Final = "VARCHAR(1024)"
_CATEGORY: Final = "VARCHAR(128)"
_PARTITION: Final = (Column("topic", "VARCHAR(255)"), Column("partition", "INTEGER"))
_KAFKA: Final = (
    Column("kafka_partition", "INTEGER"),
    Column("kafka_offset", "BIGINT"),
    Column("recebido_em", "TIMESTAMP"),
)

EVENTOS: Final = Table(
    names.TABLE_EVENTOS,
    (
        Column("id_usuario", _ID),
        Column("tipo_evento", "VARCHAR(16)"),
        Column("id_produto", _ID),
        Column("timestamp", "TIMESTAMP"),
        Column("id_evento", "VARCHAR(300)"),
        Column("id_pedido", _ID, nullable=True),
        Column("quantidade", "INTEGER", nullable=True),
        Column("preco", MONEY, nullable=True),
        Column("id_sessao", _ID, nullable=True),
        Column("versao", "INTEGER", nullable=True),
        *_KAFKA,
        Column("id_evento_original", _ID, nullable=True),
    ),
)

VENDAS: Final = Table(
    names.TABLE_VENDAS,
    (
        Column("id_pedido", _ID),
        Column("id_produto", _ID),
        Column("quantidade", "INTEGER"),
        Column("preco", MONEY),
        Column("data", "TIMESTAMP"),
        Column("id_usuario", _ID, nullable=True),
        Column("id_evento", "VARCHAR(300)", nullable=True),
        Column("kafka_partition", "INTEGER", nullable=True),
        Column("kafka_offset", "BIGINT", nullable=True),
        Column("tipo_evento", "VARCHAR(16)"),
        Column("origem", "VARCHAR(8)"),
        Column("regiao", "VARCHAR(32)", nullable=True),
        Column("id_carga", "BIGINT", nullable=True),
        Column("linha", "BIGINT", nullable=True),
    ),
)

PRETERIDAS: Final = Table(names.TABLE_PRETERIDAS, VENDAS.columns)

SEM_COMPRA: Final = Table(
    names.TABLE_SEM_COMPRA,
    (Column("id_evento", "VARCHAR(300)"), Column("id_pedido", _ID), Column("id_produto", _ID)),
)

ATUALIZACOES: Final = Table(
    names.TABLE_ATUALIZACOES,
    (
        Column("id_produto", _ID),
        Column("nivel_estoque", "INTEGER"),
        Column("ultima_atualizacao", "TIMESTAMP"),
        Column("id_armazem", _ID),
        *_KAFKA,
    ),
)

ESTOQUE: Final = Table(names.TABLE_ESTOQUE, ATUALIZACOES.columns)

REJEITADOS: Final = Table(
    names.TABLE_REJEITADOS,
    (
        Column("topic", "VARCHAR(255)"),
        Column("kafka_partition", "INTEGER"),
        Column("kafka_offset", "BIGINT"),
        Column("motivo", "VARCHAR(32)"),
        Column("campo", "VARCHAR(64)", nullable=True),
        Column("detalhe", "VARCHAR(512)"),
        Column("chave", "VARBYTE(1048576)", nullable=True),
        Column("conteudo", "VARBYTE(16777216)", nullable=True),
        Column("recebido_em", "TIMESTAMP"),
    ),
)

INGESTAO: Final = Table(
    names.TABLE_LEDGER,
    (
        Column("query", "VARCHAR(64)"),
        Column("epoch", "BIGINT"),
        *_PARTITION,
        Column("off_from", "BIGINT"),
        Column("off_to", "BIGINT"),
        Column("n_read", "BIGINT"),
        Column("n_absent", "BIGINT"),
        Column("n_written", "BIGINT"),
        Column("n_duplicate", "BIGINT"),
        Column("n_dead", "BIGINT"),
        Column("committed_at", "TIMESTAMP"),
    ),
)

EPOCAS: Final = Table(
    names.TABLE_EPOCHS,
    (Column("query", "VARCHAR(64)"), Column("epoch", "BIGINT"), Column("started_at", "TIMESTAMP")),
)

IDADES: Final = Table(
    names.TABLE_IDADES,
    (
        *_PARTITION,
        Column("off_to", "BIGINT"),
        Column("contado_em", "TIMESTAMP"),
        Column("idades", "VARCHAR(4096)"),
    ),
)

MIGRACOES: Final = Table(
    names.TABLE_MIGRATIONS,
    (
        Column("numero", "INTEGER"),
        Column("nome", "VARCHAR(128)"),
        Column("aplicada_em", "TIMESTAMP"),
    ),
)

CARGAS: Final = Table(
    names.TABLE_CARGAS,
    (
        Column("id_carga", "BIGINT"),
        Column("tipo", "VARCHAR(16)"),
        Column("arquivo", _FILE),
        Column("etag", "VARCHAR(128)"),
        Column("tamanho", "BIGINT"),
        Column("modificado_em", "TIMESTAMP"),
        Column("situacao", "VARCHAR(16)"),
        Column("n_lidas", "BIGINT"),
        Column("n_gravadas", "BIGINT"),
        Column("n_preteridas", "BIGINT"),
        Column("n_rejeitadas", "BIGINT"),
        Column("n_substituidas", "BIGINT"),
        Column("erro", "VARCHAR(512)", nullable=True),
        Column("carregada_em", "TIMESTAMP"),
    ),
)

VENDAS_REJEITADAS: Final = Table(
    names.TABLE_VENDAS_REJEITADAS,
    (
        Column("id_carga", "BIGINT"),
        Column("arquivo", _FILE),
        Column("linha", "BIGINT"),
        Column("motivo", "VARCHAR(32)"),
        Column("campo", "VARCHAR(64)", nullable=True),
        Column("conteudo", "VARCHAR(1024)"),
    ),
)

PRODUTOS: Final = Table(
    names.TABLE_PRODUTOS,
    (
        Column("id_produto", _ID),
        Column("nome", "VARCHAR(512)"),
        Column("categoria", _CATEGORY, nullable=True),
        Column("preco_lista", MONEY, nullable=True),
        Column("atualizado_em", "TIMESTAMP"),
        Column("id_carga", "BIGINT"),
    ),
)

PENDENTES: Final = Table(names.TABLE_PENDENTES, (Column("dia", "DATE"),))

_SUMS: Final = (
    Column("pedidos", "BIGINT"),
    Column("unidades", "BIGINT"),
    Column("receita", MONEY),
)
_FIGURES: Final = (*_SUMS, Column("clientes", "BIGINT"))

VENDAS_DIARIAS: Final = Table(
    names.TABLE_VENDAS_DIARIAS,
    (
        Column("dia", "DATE"),
        Column("regiao", "VARCHAR(32)"),
        Column("categoria", _CATEGORY),
        *_FIGURES,
    ),
)

PRODUTOS_DIARIOS: Final = Table(
    names.TABLE_PRODUTOS_DIARIOS, (Column("dia", "DATE"), Column("id_produto", _ID), *_SUMS)
)

RECEITA_DIARIA: Final = Table(names.TABLE_RECEITA_DIARIA, (Column("dia", "DATE"), *_FIGURES))

DAILY_FIGURES: Final = (VENDAS_DIARIAS, PRODUTOS_DIARIOS, RECEITA_DIARIA)

RECEITA_MENSAL: Final = Table(names.TABLE_RECEITA_MENSAL, (Column("mes", "DATE"), *_FIGURES))

METRICAS_MINUTO: Final = Table(
    names.TABLE_METRICAS_MINUTO,
    (
        Column("minuto", "TIMESTAMP"),
        *_SUMS,
        Column("visualizacoes", "BIGINT"),
        Column("fechado_em", "TIMESTAMP"),
    ),
)

CONCILIACAO: Final = Table(
    names.TABLE_CONCILIACAO,
    (
        Column("dia", "DATE"),
        Column("figura", "VARCHAR(16)"),
        Column("fluxo", MONEY),
        Column("arquivo", MONEY),
        Column("diferenca", MONEY),
        Column("ausente_no_fluxo", MONEY),
        Column("ausente_no_arquivo", MONEY),
        Column("outro_dia", MONEY),
        Column("valor_diferente", MONEY),
        Column("calculada_em", "TIMESTAMP"),
        Column("ao_vivo", MONEY, nullable=True),
        Column("ao_vivo_esperado", MONEY, nullable=True),
        Column("minutos", "INTEGER"),
        Column("minutos_do_dia", "INTEGER"),
    ),
)

QUALIDADE: Final = Table(
    names.TABLE_QUALIDADE,
    (
        Column("id_execucao", "VARCHAR(64)"),
        Column("tabela", "VARCHAR(128)"),
        Column("verificacao", "VARCHAR(128)"),
        Column("dia", "DATE", nullable=True),
        Column("valor", "DECIMAL(18, 4)", nullable=True),
        Column("limite", "VARCHAR(64)"),
        Column("veredito", "VARCHAR(16)"),
        Column("bloqueante", "BOOLEAN"),
        Column("detalhe", "VARCHAR(512)"),
        Column("executada_em", "TIMESTAMP"),
    ),
)

TABLES: Final = (
    EVENTOS,
    VENDAS,
    SEM_COMPRA,
    ATUALIZACOES,
    ESTOQUE,
    REJEITADOS,
    INGESTAO,
    EPOCAS,
    IDADES,
    MIGRACOES,
    PRETERIDAS,
    CARGAS,
    VENDAS_REJEITADAS,
    PRODUTOS,
    PENDENTES,
    *DAILY_FIGURES,
    RECEITA_MENSAL,
    METRICAS_MINUTO,
    CONCILIACAO,
    QUALIDADE,
)
