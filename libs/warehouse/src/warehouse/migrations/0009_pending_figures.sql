-- Days whose figures do not say yet what vendas says. A load marks the days that it changes in its own
-- transaction, and a day may be marked more than once. Whoever computes the figures takes the marks away.
CREATE TABLE figuras_pendentes (
    dia DATE NOT NULL ENCODE az64
)
DISTSTYLE EVEN;
