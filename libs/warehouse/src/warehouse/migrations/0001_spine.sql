-- The spine: events, sales, dead letters, the ledger and its fence.
-- What customers did, one row per event. Redshift enforces no key: the loader does.
CREATE TABLE IF NOT EXISTS eventos_clientes (
    id_usuario VARCHAR(128) NOT NULL ENCODE zstd,
    tipo_evento VARCHAR(16) NOT NULL ENCODE zstd,
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    "timestamp" TIMESTAMP NOT NULL ENCODE raw,
    id_evento VARCHAR(300) NOT NULL ENCODE zstd,
    id_pedido VARCHAR(128) ENCODE zstd,
    quantidade INTEGER ENCODE az64,
    preco DECIMAL(18, 2) ENCODE az64,
    id_sessao VARCHAR(128) ENCODE zstd,
    versao INTEGER ENCODE az64,
    kafka_partition INTEGER NOT NULL ENCODE az64,
    kafka_offset BIGINT NOT NULL ENCODE az64,
    recebido_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (id_evento)
)
DISTKEY (id_evento)
SORTKEY ("timestamp");
-- What was sold, one row per `compra`; `preco` is the unit price in BRL.
CREATE TABLE IF NOT EXISTS vendas (
    id_pedido VARCHAR(128) NOT NULL ENCODE zstd,
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    quantidade INTEGER NOT NULL ENCODE az64,
    preco DECIMAL(18, 2) NOT NULL ENCODE az64,
    data TIMESTAMP NOT NULL ENCODE raw,
    id_usuario VARCHAR(128) NOT NULL ENCODE zstd,
    id_evento VARCHAR(300) NOT NULL ENCODE zstd,
    kafka_partition INTEGER NOT NULL ENCODE az64,
    kafka_offset BIGINT NOT NULL ENCODE az64,
    PRIMARY KEY (id_evento)
)
DISTKEY (id_pedido)
SORTKEY (data);
-- Dead letters: what could not become an event, why, and the bytes as they came.
CREATE TABLE IF NOT EXISTS eventos_rejeitados (
    topic VARCHAR(255) NOT NULL ENCODE zstd,
    kafka_partition INTEGER NOT NULL ENCODE az64,
    kafka_offset BIGINT NOT NULL ENCODE az64,
    motivo VARCHAR(32) NOT NULL ENCODE zstd,
    campo VARCHAR(64) ENCODE zstd,
    detalhe VARCHAR(512) NOT NULL ENCODE zstd,
    chave VARBYTE(1048576),
    conteudo VARBYTE(16777216),
    recebido_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (topic, kafka_partition, kafka_offset)
)
DISTSTYLE EVEN
SORTKEY (recebido_em);
-- The ledger: one row per offset range that is done, written in the same transaction as its rows.
CREATE TABLE IF NOT EXISTS ingestao (
    query VARCHAR(64) NOT NULL ENCODE zstd,
    epoch BIGINT NOT NULL ENCODE az64,
    topic VARCHAR(255) NOT NULL ENCODE zstd,
    "partition" INTEGER NOT NULL ENCODE az64,
    off_from BIGINT NOT NULL ENCODE az64,
    off_to BIGINT NOT NULL ENCODE az64,
    n_read BIGINT NOT NULL ENCODE az64,
    n_written BIGINT NOT NULL ENCODE az64,
    n_duplicate BIGINT NOT NULL ENCODE az64,
    n_dead BIGINT NOT NULL ENCODE az64,
    committed_at TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (query, topic, "partition", off_from)
)
DISTSTYLE ALL
SORTKEY (query, topic, "partition", off_to);
-- The fence: the highest epoch of a query is the one driver that may write.
CREATE TABLE IF NOT EXISTS ingestao_epocas (
    query VARCHAR(64) NOT NULL ENCODE zstd,
    epoch BIGINT NOT NULL ENCODE az64,
    started_at TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (query, epoch)
)
DISTSTYLE ALL;
