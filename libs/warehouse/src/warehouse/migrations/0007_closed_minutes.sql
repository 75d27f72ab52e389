-- What the live figures said of each minute when nothing could change them any more.
CREATE TABLE metricas_minuto (
    minuto TIMESTAMP NOT NULL ENCODE raw,
    pedidos BIGINT NOT NULL ENCODE az64,
    unidades BIGINT NOT NULL ENCODE az64,
    receita DECIMAL(18, 2) NOT NULL ENCODE az64,
    visualizacoes BIGINT NOT NULL ENCODE az64,
    fechado_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (minuto)
)
DISTSTYLE EVEN
SORTKEY (minuto);
-- The live figures of a day beside the stream's and the files'. Days that were reconciled before
-- have none.
ALTER TABLE conciliacao_diaria ADD COLUMN ao_vivo DECIMAL(18, 2) ENCODE az64;
ALTER TABLE conciliacao_diaria ADD COLUMN ao_vivo_esperado DECIMAL(18, 2) ENCODE az64;
ALTER TABLE conciliacao_diaria ADD COLUMN minutos INTEGER DEFAULT 0 ENCODE az64 NOT NULL;
ALTER TABLE conciliacao_diaria ADD COLUMN minutos_do_dia INTEGER DEFAULT 0 ENCODE az64 NOT NULL;
