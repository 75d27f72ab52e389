-- Every stock update, and the latest of each product and warehouse.
CREATE TABLE atualizacoes_estoque (
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    nivel_estoque INTEGER NOT NULL ENCODE az64,
    ultima_atualizacao TIMESTAMP NOT NULL ENCODE raw,
    id_armazem VARCHAR(128) NOT NULL ENCODE zstd,
    kafka_partition INTEGER NOT NULL ENCODE az64,
    kafka_offset BIGINT NOT NULL ENCODE az64,
    recebido_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (kafka_partition, kafka_offset)
)
DISTKEY (id_produto)
SORTKEY (ultima_atualizacao);
CREATE TABLE estoque (
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    nivel_estoque INTEGER NOT NULL ENCODE az64,
    ultima_atualizacao TIMESTAMP NOT NULL ENCODE az64,
    id_armazem VARCHAR(128) NOT NULL ENCODE zstd,
    kafka_partition INTEGER NOT NULL ENCODE az64,
    kafka_offset BIGINT NOT NULL ENCODE az64,
    recebido_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (id_produto, id_armazem)
)
DISTKEY (id_produto);
