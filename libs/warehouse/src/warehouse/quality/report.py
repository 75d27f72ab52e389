"""What a run found, as JSON for people and programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from warehouse.quality.results import Result
from warehouse.quality.verdict import Veredito


def as_json(results: Sequence[Result], *, id_execucao: str) -> str:
    """The number of results of each verdict, how many block what follows, and those that were not
    approved, the blocking ones first."""
    counts = Counter(result.veredito for result in results)
    worst_first = sorted(results, key=lambda r: (not r.blocks, r.veredito != Veredito.REPROVADA))
    found = [asdict(each) for each in worst_first if each.veredito != Veredito.APROVADA]
    report = {
        "id_execucao": id_execucao,
        "totais": {str(verdict): counts[verdict] for verdict in Veredito},
        "bloqueios": sum(result.blocks for result in results),
        "nao_aprovadas": found,
    }
    return json.dumps(report, indent=2, ensure_ascii=False, default=str)
