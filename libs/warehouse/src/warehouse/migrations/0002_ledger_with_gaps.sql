-- Offsets may hold no record for a reader: markers of transactions, aborted or compacted records.
-- The query is no longer named as its topic. A driver of the version before finds no epoch of its
-- own under the old name and is refused; its ledger rows lack n_absent and are refused as well.
LOCK TABLE ingestao_epocas;
CREATE TABLE ingestao_nova (
    query VARCHAR(64) NOT NULL ENCODE zstd,
    epoch BIGINT NOT NULL ENCODE az64,
    topic VARCHAR(255) NOT NULL ENCODE zstd,
    "partition" INTEGER NOT NULL ENCODE az64,
    off_from BIGINT NOT NULL ENCODE az64,
    off_to BIGINT NOT NULL ENCODE az64,
    n_read BIGINT NOT NULL ENCODE az64,
    n_absent BIGINT NOT NULL ENCODE az64,
    n_written BIGINT NOT NULL ENCODE az64,
    n_duplicate BIGINT NOT NULL ENCODE az64,
    n_dead BIGINT NOT NULL ENCODE az64,
    committed_at TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (query, topic, "partition", off_from)
)
DISTSTYLE ALL
SORTKEY (query, topic, "partition", off_to);
INSERT INTO ingestao_nova (
    query, epoch, topic, "partition", off_from, off_to,
    n_read, n_absent, n_written, n_duplicate, n_dead, committed_at
)
SELECT
    'warehouse', epoch, topic, "partition", off_from, off_to,
    n_read, 0, n_written, n_duplicate, n_dead, committed_at
FROM ingestao WHERE query = 'eventos_clientes';
DROP TABLE ingestao;
ALTER TABLE ingestao_nova RENAME TO ingestao;
UPDATE ingestao_epocas SET query = 'warehouse' WHERE query = 'eventos_clientes';
