"""Modules stay within 300 lines and functions within 40, tests excepted."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("libs", "services", "spark-apps", "local", "operator")
MAX_MODULE, MAX_FUNCTION = 300, 40


def _modules() -> list[Path]:
    packages = [path for folder in FOLDERS for path in (ROOT / folder).rglob("src/**/*.py")]
    return [*packages, *(ROOT / "dags").glob("*.py"), *(ROOT / "dags").glob("vitrine_dags/*.py")]


def _long_functions(source: str) -> list[str]:
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > MAX_FUNCTION]


def test_modules_are_short() -> None:
    assert _modules()
    lengths = {str(p.relative_to(ROOT)): len(p.read_text("utf-8").splitlines()) for p in _modules()}
    assert {name: n for name, n in lengths.items() if n > MAX_MODULE} == {}


def test_functions_are_short() -> None:
    long = {str(p.relative_to(ROOT)): _long_functions(p.read_text("utf-8")) for p in _modules()}
    assert {name: functions for name, functions in long.items() if functions} == {}


def test_the_measure_finds_a_long_function() -> None:
    body = "\n".join(["    x = 1"] * MAX_FUNCTION)
    assert _long_functions(f"def f():\n{body}") == ["f"]
    assert _long_functions(f"def f():\n{body.removesuffix('    x = 1')}") == []
