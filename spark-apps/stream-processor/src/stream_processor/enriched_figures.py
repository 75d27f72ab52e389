"""Figures that need more than the events of a micro-batch: they are counted later, elsewhere.

The micro-batch only puts its new events into a queue, which costs it one statement.
"""

from datetime import datetime
from typing import Final

import duckdb

from event_contracts.evento import TipoEvento
from stream_processor.funnel_figures import FunnelFigures
from stream_processor.region_figures import RegionFigures

_TABLE: Final = """
    CREATE TABLE a_contar (
        tipo VARCHAR, minuto BIGINT, id_produto VARCHAR, id_pedido VARCHAR, unidades BIGINT,
        receita DECIMAL(18, 2), id_usuario VARCHAR, atividade BIGINT
    )
"""
_QUEUE: Final = f"""
    INSERT INTO a_contar
    SELECT tipo, minuto, id_produto, id_pedido, unidades, receita, id_usuario, atividade
    FROM new WHERE tipo <> '{TipoEvento.SONDA}'
"""


class EnrichedFigures:
    """Tables in the connection of the live figures, and so in its snapshots."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._db = db
        self._db.execute(_TABLE)
        self.regions = RegionFigures(db)
        self.funnel = FunnelFigures(db)

    def queue(self) -> None:
        """Keep the events of the temporary table `new` until they are counted."""
        self._db.execute(_QUEUE)

    def count(self) -> None:
        """Count what was queued, or let it wait for a profile."""
        if self._db.execute("SELECT 1 FROM a_contar LIMIT 1").fetchone() is not None:
            self.regions.count()
            self.funnel.count()
            self._db.execute("TRUNCATE a_contar")

    def tidy(self, now: datetime, *, minutes: int, active: int) -> None:
        """Forget minutes and activities before these seconds."""
        self.regions.tidy(now, minutes=minutes, active=active)
        self.funnel.tidy(minutes)
