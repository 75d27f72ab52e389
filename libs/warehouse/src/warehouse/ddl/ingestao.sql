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
