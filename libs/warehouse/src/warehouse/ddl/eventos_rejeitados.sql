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
