"""Why a row of a file is set aside: the closed list, and the columns that say so."""

from enum import StrEnum
from typing import Final

import pyarrow as pa

MAX_CONTENT_BYTES: Final = 1_024


class MotivoLinha(StrEnum):
    """The closed list of reasons. The value is what `vendas_rejeitadas.motivo` holds."""

    CAMPO_AUSENTE = "campo_ausente"
    NUMERO_INVALIDO = "numero_invalido"
    QUANTIDADE_FORA_DO_LIMITE = "quantidade_fora_do_limite"
    PRECO_FORA_DO_LIMITE = "preco_fora_do_limite"
    DATA_INVALIDA = "data_invalida"
    DATA_FUTURA = "data_futura"
    TEXTO_LONGO = "texto_longo"
    TEXTO_INVALIDO = "texto_invalido"
    LINHA_REPETIDA = "linha_repetida"
    LINHA_MALFORMADA = "linha_malformada"


REJECTED: Final = pa.schema(
    [
        pa.field("linha", pa.int64(), nullable=False),
        pa.field("motivo", pa.string(), nullable=False),
        pa.field("campo", pa.string()),
        pa.field("conteudo", pa.string(), nullable=False),
    ]
)
"""A row that was set aside: one reason, the first that was found in the order of the columns.

`campo` is None where it is the row as a whole. `conteudo` is JSON text, cut to MAX_CONTENT_BYTES.
"""
