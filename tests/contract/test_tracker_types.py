"""vitrine.d.ts read by TypeScript's own compiler: it takes right calls and refuses wrong ones."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.platform import REPOSITORY

TYPES = REPOSITORY / "services/event-producer/src/event_producer/static/vitrine.d.ts"
RIGHT = """
window.vitrine = window.vitrine || function () { (vitrine.q = vitrine.q || []).push(arguments); };
vitrine('clique', { id_produto: 'p1' });
vitrine('adicao_carrinho', { id_produto: 'p1', quantidade: 2, preco: '19.90' });
const linha = { id_pedido: 'A1', id_produto: 'p1', quantidade: 1, preco: 19.9 };
vitrine('compra', linha);
vitrine('compra', [linha, { ...linha, id_produto: 'p2', id_evento: 'A1/2' }]);
vitrine('cliente', 'u1');
vitrine('cliente', null);
vitrine('consentimento', false);
vitrine('configurar', { consentimento: 'pedir', cookie: 'loja.example', espera: 200 });
"""
WRONG = [
    "vitrine('visita', { id_produto: 'p1' });",
    "vitrine('clique', {});",
    "vitrine('compra', { id_pedido: 'A1', id_produto: 'p1', quantidade: 1 });",
    "vitrine('cliente', 7);",
    "vitrine('consentimento', 'sim');",
    "vitrine('configurar', { consentimento: 'talvez' });",
]


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm is installed: apt-get install npm")
    folder = tmp_path_factory.mktemp("typescript")
    install = [npm, "install", "--no-audit", "--no-fund", "--prefix", folder, "typescript@5.9.3"]
    done = subprocess.run(install, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"npm cannot install TypeScript: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node_modules" / ".bin" / "tsc"


def complaints(compiler: Path, folder: Path, source: str) -> list[str]:
    """Of the compiler, about this source beside the types."""
    page = folder / "loja.ts"
    page.write_text(source)
    command = [compiler, "--noEmit", "--strict", "--target", "es2022", page, TYPES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode == 0) == (done.stdout == "")
    return done.stdout.splitlines()


def test_right_calls_are_taken(compiler: Path, tmp_path: Path) -> None:
    assert complaints(compiler, tmp_path, RIGHT) == []


def test_each_wrong_call_is_refused(compiler: Path, tmp_path: Path) -> None:
    told = complaints(compiler, tmp_path, "\n".join(WRONG))
    lines = {int(line.split("loja.ts(")[1].split(",")[0]) for line in told if "loja.ts(" in line}
    assert lines == set(range(1, len(WRONG) + 1))
