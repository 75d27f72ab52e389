"""The smallest event that must work, and a moment soon after it."""

from datetime import UTC, datetime

NOW = datetime(2025, 5, 14, 19, 20, tzinfo=UTC)
SEED = {
    "id_usuario": "u123",
    "tipo_evento": "clique",
    "id_produto": "p456",
    "timestamp": "2025-05-14T19:16:00",
}
