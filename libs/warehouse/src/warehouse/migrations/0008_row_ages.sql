-- How old the rows of a ledger row were when they were counted, by classes of ages (class:count).
-- Whoever shows the rows adds the time since. Written only while the stream exports metrics.
CREATE TABLE ingestao_idades (
    topic VARCHAR(255) NOT NULL ENCODE zstd,
    "partition" INTEGER NOT NULL ENCODE az64,
    off_to BIGINT NOT NULL ENCODE az64,
    contado_em TIMESTAMP NOT NULL ENCODE raw,
    idades VARCHAR(4096) NOT NULL ENCODE zstd,
    PRIMARY KEY (topic, "partition", off_to)
)
DISTSTYLE EVEN
SORTKEY (contado_em);
