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
