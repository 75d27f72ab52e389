"""The versions of files: their names, and which version of a path counts. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from itertools import groupby
from typing import Final

from warehouse.literals import number_list

_LARGEST: Final = 2**63 - 1


def id_of(arquivo: str, etag: str) -> int:
    """The `id_carga` of a version, whatever the order in which files are loaded."""
    digest = sha256(f"{arquivo}\n{etag}".encode()).digest()
    return int.from_bytes(digest[:8], "big") & _LARGEST


class Tipo(StrEnum):
    """What a file holds."""

    VENDAS = "vendas"
    PRODUTOS = "produtos"


class Situacao(StrEnum):
    """What became of a version: its lines count, a newer version took its place, or it could not
    be read."""

    CARREGADA = "carregada"
    SUBSTITUIDA = "substituida"
    IGNORADA = "ignorada"


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One version of one file; `arquivo` is its path within the bucket."""

    arquivo: str
    etag: str
    tamanho: int
    modificado_em: datetime
    n_lidas: int = 0
    """Rows of data, valid and rejected."""

    @property
    def id_carga(self) -> int:
        """The name of the version."""
        return id_of(self.arquivo, self.etag)

    @property
    def age(self) -> tuple[datetime, str]:
        """Greater for the version that counts."""
        return self.modificado_em, self.etag


def ids_of(versions: Iterable[FileVersion]) -> str:
    """Their `id_carga` as SQL lists them for `IN`, which takes no empty list."""
    return number_list(version.id_carga for version in versions)


@dataclass(frozen=True, slots=True)
class Carga:
    """A row of `cargas`, in the order of its columns."""

    id_carga: int
    tipo: Tipo
    arquivo: str
    etag: str
    tamanho: int
    modificado_em: datetime
    situacao: Situacao
    n_lidas: int
    n_gravadas: int
    n_preteridas: int
    n_rejeitadas: int
    n_substituidas: int
    erro: str | None
    carregada_em: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of the versions that are offered; versions in neither list are known."""

    load: Sequence[FileVersion]
    stale: Sequence[FileVersion]
    """A newer version of the same path counts: they are recorded alone."""
    replaced: Sequence[int]
    """The loads whose lines go; one of `load` too where the same bytes were written again."""


def plan(offered: Iterable[FileVersion], known: Sequence[Carga]) -> Plan:
    """Decide what to load. Of each path the last modified version counts; of two, the greater ETag.

    `known` are the rows of the paths that are offered. A version that was set aside is not known:
    it can be read now.
    """
    recorded = {row.id_carga for row in known if row.situacao is not Situacao.IGNORADA}
    current = {row.arquivo: row for row in known if row.situacao is Situacao.CARREGADA}
    load, stale, replaced = [], [], []
    by_path = sorted(offered, key=lambda version: version.arquivo)
    for arquivo, versions in groupby(by_path, key=lambda version: version.arquivo):
        *older, newest = sorted(versions, key=lambda version: version.age)
        held = current.get(arquivo)
        if held is None or newest.age > (held.modificado_em, held.etag):
            load.append(newest)
            replaced += [held.id_carga] if held else []
        else:
            older.append(newest)
        stale += [version for version in older if version.id_carga not in recorded]
    return Plan(load, stale, replaced)
