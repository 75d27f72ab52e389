-- History: sales and products from files, what became of each file, and the figures per day.
-- Where a line of a file comes from, and the region that the file says.
ALTER TABLE vendas ADD COLUMN regiao VARCHAR(32) ENCODE zstd;
ALTER TABLE vendas ADD COLUMN id_carga BIGINT ENCODE az64;
ALTER TABLE vendas ADD COLUMN linha BIGINT ENCODE az64;
-- Lines whose place in vendas another line of the same order and product has taken.
CREATE TABLE vendas_preteridas (
    id_pedido VARCHAR(128) NOT NULL ENCODE zstd,
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    quantidade INTEGER NOT NULL ENCODE az64,
    preco DECIMAL(18, 2) NOT NULL ENCODE az64,
    data TIMESTAMP NOT NULL ENCODE raw,
    id_usuario VARCHAR(128) ENCODE zstd,
    id_evento VARCHAR(300) ENCODE zstd,
    kafka_partition INTEGER ENCODE az64,
    kafka_offset BIGINT ENCODE az64,
    tipo_evento VARCHAR(16) NOT NULL ENCODE zstd,
    origem VARCHAR(8) NOT NULL ENCODE zstd,
    regiao VARCHAR(32) ENCODE zstd,
    id_carga BIGINT ENCODE az64,
    linha BIGINT ENCODE az64
)
DISTKEY (id_pedido)
SORTKEY (data);
-- The ledger of files: one row per version of a file, named by its path and its ETag.
CREATE TABLE cargas (
    id_carga BIGINT NOT NULL ENCODE az64,
    tipo VARCHAR(16) NOT NULL ENCODE zstd,
    arquivo VARCHAR(1024) NOT NULL ENCODE zstd,
    etag VARCHAR(128) NOT NULL ENCODE zstd,
    tamanho BIGINT NOT NULL ENCODE az64,
    modificado_em TIMESTAMP NOT NULL ENCODE az64,
    situacao VARCHAR(16) NOT NULL ENCODE zstd,
    n_lidas BIGINT NOT NULL ENCODE az64,
    n_gravadas BIGINT NOT NULL ENCODE az64,
    n_preteridas BIGINT NOT NULL ENCODE az64,
    n_rejeitadas BIGINT NOT NULL ENCODE az64,
    n_substituidas BIGINT NOT NULL ENCODE az64,
    erro VARCHAR(512) ENCODE zstd,
    carregada_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (id_carga)
)
DISTSTYLE ALL;
-- Rows of files that could not become a sale or a product, and why.
CREATE TABLE vendas_rejeitadas (
    id_carga BIGINT NOT NULL ENCODE az64,
    arquivo VARCHAR(1024) NOT NULL ENCODE zstd,
    linha BIGINT NOT NULL ENCODE az64,
    motivo VARCHAR(32) NOT NULL ENCODE zstd,
    campo VARCHAR(64) ENCODE zstd,
    conteudo VARCHAR(1024) NOT NULL ENCODE zstd
)
DISTSTYLE EVEN;
CREATE TABLE produtos (
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    nome VARCHAR(512) NOT NULL ENCODE zstd,
    categoria VARCHAR(128) ENCODE zstd,
    preco_lista DECIMAL(18, 2) ENCODE az64,
    atualizado_em TIMESTAMP NOT NULL ENCODE az64,
    id_carga BIGINT NOT NULL ENCODE az64,
    PRIMARY KEY (id_produto)
)
DISTSTYLE ALL;
-- The figures of finished days, which batch-etl computes anew for the days that it touches.
CREATE TABLE vendas_diarias (
    dia DATE NOT NULL ENCODE raw,
    regiao VARCHAR(32) NOT NULL ENCODE zstd,
    categoria VARCHAR(128) NOT NULL ENCODE zstd,
    pedidos BIGINT NOT NULL ENCODE az64,
    unidades BIGINT NOT NULL ENCODE az64,
    receita DECIMAL(18, 2) NOT NULL ENCODE az64,
    clientes BIGINT NOT NULL ENCODE az64,
    PRIMARY KEY (dia, regiao, categoria)
)
DISTSTYLE EVEN
SORTKEY (dia);
CREATE TABLE produtos_diarios (
    dia DATE NOT NULL ENCODE raw,
    id_produto VARCHAR(128) NOT NULL ENCODE zstd,
    pedidos BIGINT NOT NULL ENCODE az64,
    unidades BIGINT NOT NULL ENCODE az64,
    receita DECIMAL(18, 2) NOT NULL ENCODE az64,
    PRIMARY KEY (dia, id_produto)
)
DISTKEY (id_produto)
SORTKEY (dia);
CREATE TABLE receita_diaria (
    dia DATE NOT NULL ENCODE raw,
    pedidos BIGINT NOT NULL ENCODE az64,
    unidades BIGINT NOT NULL ENCODE az64,
    receita DECIMAL(18, 2) NOT NULL ENCODE az64,
    clientes BIGINT NOT NULL ENCODE az64,
    PRIMARY KEY (dia)
)
DISTSTYLE ALL
SORTKEY (dia);
CREATE TABLE receita_mensal (
    mes DATE NOT NULL ENCODE raw,
    pedidos BIGINT NOT NULL ENCODE az64,
    unidades BIGINT NOT NULL ENCODE az64,
    receita DECIMAL(18, 2) NOT NULL ENCODE az64,
    clientes BIGINT NOT NULL ENCODE az64,
    PRIMARY KEY (mes)
)
DISTSTYLE ALL
SORTKEY (mes);
-- The stream's sales of a day beside the files', and what their difference consists of.
CREATE TABLE conciliacao_diaria (
    dia DATE NOT NULL ENCODE raw,
    figura VARCHAR(16) NOT NULL ENCODE zstd,
    fluxo DECIMAL(18, 2) NOT NULL ENCODE az64,
    arquivo DECIMAL(18, 2) NOT NULL ENCODE az64,
    diferenca DECIMAL(18, 2) NOT NULL ENCODE az64,
    ausente_no_fluxo DECIMAL(18, 2) NOT NULL ENCODE az64,
    ausente_no_arquivo DECIMAL(18, 2) NOT NULL ENCODE az64,
    outro_dia DECIMAL(18, 2) NOT NULL ENCODE az64,
    valor_diferente DECIMAL(18, 2) NOT NULL ENCODE az64,
    calculada_em TIMESTAMP NOT NULL ENCODE az64,
    PRIMARY KEY (dia, figura)
)
DISTSTYLE ALL
SORTKEY (dia);
-- What each check of the data found, in each run.
CREATE TABLE resultados_qualidade (
    id_execucao VARCHAR(64) NOT NULL ENCODE zstd,
    tabela VARCHAR(128) NOT NULL ENCODE zstd,
    verificacao VARCHAR(128) NOT NULL ENCODE zstd,
    dia DATE ENCODE az64,
    valor DECIMAL(18, 4) ENCODE az64,
    limite VARCHAR(64) NOT NULL ENCODE zstd,
    veredito VARCHAR(16) NOT NULL ENCODE zstd,
    bloqueante BOOLEAN NOT NULL ENCODE zstd,
    detalhe VARCHAR(512) NOT NULL ENCODE zstd,
    executada_em TIMESTAMP NOT NULL ENCODE raw
)
DISTSTYLE EVEN
SORTKEY (executada_em);
