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
