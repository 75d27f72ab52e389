"""Odd but legitimate values, by what is odd about them."""

from pathlib import Path
from typing import Any, Final

import yaml

ODD: Final[dict[str, dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_suffix(".yaml").read_text()
)
