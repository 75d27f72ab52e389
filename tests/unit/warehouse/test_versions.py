"""Which version of a file counts, as a table of cases and whatever the order of offers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.history.versions import Carga, FileVersion, Plan, Situacao, Tipo, id_of, plan

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
OLD, NEW = (
    FileVersion("vendas/a.csv", etag, 10, NOW + timedelta(hours=hour), 5)
    for etag, hour in (("e1", 1), ("e2", 2))
)
TOUCHED = replace(OLD, modificado_em=NOW + timedelta(hours=3))
SAME_MOMENT = replace(OLD, etag="e0")
OTHER = replace(OLD, arquivo="vendas/b.csv")


def row(version: FileVersion, situacao: Situacao = Situacao.CARREGADA) -> Carga:
    facts = (version.arquivo, version.etag, version.tamanho, version.modificado_em)
    counts = (version.n_lidas, version.n_lidas, 0, 0, 0)
    return Carga(version.id_carga, Tipo.VENDAS, *facts, situacao, *counts, None, NOW)


REPLACED = row(OLD, Situacao.SUBSTITUIDA)


@pytest.mark.parametrize(
    ("offered", "known", "expected"),
    [
        pytest.param([OLD], [], Plan([OLD], [], []), id="new"),
        pytest.param([OLD], [row(OLD)], Plan([], [], []), id="again"),
        pytest.param([NEW], [row(OLD)], Plan([NEW], [], [OLD.id_carga]), id="corrected"),
        pytest.param([OLD], [row(NEW)], Plan([], [OLD], []), id="late"),
        pytest.param([OLD], [row(NEW), REPLACED], Plan([], [], []), id="late again"),
        pytest.param([NEW, OLD], [], Plan([NEW], [OLD], []), id="both at once"),
        pytest.param([SAME_MOMENT, OLD], [], Plan([OLD], [SAME_MOMENT], []), id="greater ETag"),
        pytest.param([OLD, OTHER], [], Plan([OLD, OTHER], [], []), id="two paths"),
        pytest.param([OLD], [row(OLD, Situacao.IGNORADA)], Plan([OLD], [], []), id="readable now"),
        pytest.param(
            [TOUCHED],
            [row(NEW), REPLACED],
            Plan([TOUCHED], [], [NEW.id_carga]),
            id="the old bytes were put back",
        ),
        pytest.param(
            [TOUCHED], [row(OLD)], Plan([TOUCHED], [], [OLD.id_carga]), id="written again unchanged"
        ),
    ],
)
def test_plan(offered: list[FileVersion], known: list[Carga], expected: Plan) -> None:
    assert plan(offered, known) == expected


VERSIONS = st.builds(
    FileVersion,
    arquivo=st.sampled_from(["a", "b"]),
    etag=st.sampled_from(["e1", "e2", "e3"]),
    tamanho=st.just(1),
    modificado_em=st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours)),
)


@given(st.lists(st.lists(VERSIONS, unique_by=lambda version: version.id_carga), max_size=4))
def test_the_newest_of_all_that_were_offered_counts(batches: list[list[FileVersion]]) -> None:
    table: dict[int, Carga] = {}
    for batch in batches:
        decided = plan(batch, list(table.values()))
        for gone in decided.replaced:
            table[gone] = replace(table[gone], situacao=Situacao.SUBSTITUIDA)
        table |= {each.id_carga: row(each) for each in decided.load}
        table |= {each.id_carga: row(each, Situacao.SUBSTITUIDA) for each in decided.stale}
    offered = [version for batch in batches for version in batch]
    newest = {
        path: max(v.age for v in offered if v.arquivo == path)
        for path in "ab"
        if any(v.arquivo == path for v in offered)
    }
    current = [each for each in table.values() if each.situacao is Situacao.CARREGADA]
    assert {each.arquivo: (each.modificado_em, each.etag) for each in current} == newest
    assert len(current) == len(newest)
    assert set(table) == {version.id_carga for version in offered}


def test_the_name_of_a_version_depends_on_path_and_etag_alone() -> None:
    assert id_of("vendas/a.csv", "e1") == OLD.id_carga == TOUCHED.id_carga
    assert len({OLD.id_carga, NEW.id_carga, OTHER.id_carga}) == 3
    assert (
        0
        <= min(id_of(str(n), "") for n in range(500))
        < max(id_of(str(n), "") for n in range(500))
        < 2**63
    )
