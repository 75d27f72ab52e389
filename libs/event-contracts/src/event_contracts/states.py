"""Brazil's states: the codes that figures by region are counted under."""

import unicodedata
from functools import lru_cache
from typing import Final

UNKNOWN: Final = "desconhecido"
"""Stands for a state, region or segment that no profile and no file names."""

STATES: Final = {
    "AC": "Acre",
    "AL": "Alagoas",
    "AM": "Amazonas",
    "AP": "Amapá",
    "BA": "Bahia",
    "CE": "Ceará",
    "DF": "Distrito Federal",
    "ES": "Espírito Santo",
    "GO": "Goiás",
    "MA": "Maranhão",
    "MG": "Minas Gerais",
    "MS": "Mato Grosso do Sul",
    "MT": "Mato Grosso",
    "PA": "Pará",
    "PB": "Paraíba",
    "PE": "Pernambuco",
    "PI": "Piauí",
    "PR": "Paraná",
    "RJ": "Rio de Janeiro",
    "RN": "Rio Grande do Norte",
    "RO": "Rondônia",
    "RR": "Roraima",
    "RS": "Rio Grande do Sul",
    "SC": "Santa Catarina",
    "SE": "Sergipe",
    "SP": "São Paulo",
    "TO": "Tocantins",
}
"""The name of each state by its code (ISO 3166-2 without `BR-`)."""

_PREFIXES: Final = ("BR-", "ESTADO DE ", "ESTADO DO ", "ESTADO DA ")


def _plain(text: str) -> str:
    """Upper case without accents, with single spaces."""
    letters = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).upper().split())


_CODES: Final = {
    _plain(spelling): code for code, name in STATES.items() for spelling in (code, name)
}


@lru_cache(maxsize=4096)
def state_of(text: str) -> str:
    """The code of the state that a text names, UNKNOWN where it names none.

    A text is a code (`SP`, `sp`, `BR-SP`) or a name (`São Paulo`, `sao paulo`, `Estado de São
    Paulo`).
    """
    plain = _plain(text)
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    return _CODES.get(plain, UNKNOWN)
