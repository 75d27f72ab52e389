"""`helm test`: analytics-api answers, through its Service."""

import json
import os
from urllib.request import urlopen

with urlopen(f"{os.environ['API_URL']}/vendas/resumo", timeout=10) as response:
    summary = json.load(response)
print(f"{len(summary['itens'])} products, as of {summary['atualizado_em']}")
