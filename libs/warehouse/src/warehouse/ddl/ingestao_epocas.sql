-- The fence: the highest epoch of a query is the one driver that may write.
CREATE TABLE IF NOT EXISTS ingestao_epocas (
    query VARCHAR(64) NOT NULL ENCODE zstd,
    epoch BIGINT NOT NULL ENCODE az64,
    started_at TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (query, epoch)
)
DISTSTYLE ALL;
