"""What a service of `skaffold dev` does when its files change."""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Final

import pytest
from tests.support.waiting import wait_until

RELOAD: Final = Path(__file__).resolve().parents[3] / "services" / "reload.py"
SERVICE: Final = """
import pathlib, signal, sys
said = pathlib.Path({said!r})
say = lambda word: said.write_text(said.read_text() + word + " ")
signal.signal(signal.SIGTERM, lambda *_: (say("closed"), sys.exit(7)))
say({word!r})
signal.pause()
"""


class Shop:
    """A service of one file, run as its image would run it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "src" / "shop" / "main.py"
        self._file.parent.mkdir(parents=True)
        self._said = folder / "said"
        self._said.touch()
        self.say("open")
        run = f"sys.exit(reload.supervise([sys.executable, '-m', 'shop.main'], {folder / 'src'!r}))"
        code = f"import sys; sys.path.insert(0, {str(RELOAD.parent)!r}); import reload\n"
        code += "reload.GRACE_SECONDS = 0.5\n"
        code += f"from pathlib import Path, PosixPath\n{run}"
        self.process = subprocess.Popen([sys.executable, "-c", code])

    def say(self, word: str) -> None:
        self._file.write_text(SERVICE.format(said=str(self._said), word=word))

    def refuse_to_end(self) -> None:
        service = SERVICE.format(said=str(self._said), word="refuses")
        self._file.write_text(f"{service}\nwhile True: signal.pause()".replace("sys.exit(7)", "0"))

    def break_(self) -> None:
        self._file.write_text("this is no Python")

    def has_said(self, *words: str) -> None:
        wait_until(
            lambda: self._said.read_text().split() == list(words), "it said these words", seconds=20
        )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.process.kill()
    shop.process.wait()


def test_a_change_starts_it_anew(shop: Shop) -> None:
    shop.has_said("open")
    shop.say("changed")
    shop.has_said("open", "closed", "changed")


def test_one_that_broke_waits_to_be_mended(shop: Shop) -> None:
    shop.has_said("open")
    shop.break_()
    shop.has_said("open", "closed")
    shop.say("mended")
    shop.has_said("open", "closed", "mended")


def test_one_that_will_not_end_is_ended(shop: Shop) -> None:
    shop.has_said("open")
    shop.refuse_to_end()
    shop.has_said("open", "closed", "refuses")
    shop.say("changed")
    shop.has_said("open", "closed", "refuses", "closed", "changed")


def test_sigterm_reaches_the_service_and_its_status_comes_back(shop: Shop) -> None:
    shop.has_said("open")
    shop.process.terminate()
    assert shop.process.wait(20) == 7


def test_the_copy_holds_the_platforms_own_packages_whole(tmp_path: Path) -> None:
    spec = spec_from_file_location("reload", RELOAD)
    assert spec
    assert spec.loader
    reload = module_from_spec(spec)
    spec.loader.exec_module(reload)
    reload.copy_own_packages(tmp_path / "src")
    assert (tmp_path / "src" / "analytics_api" / "static" / "index.html").is_file()
    assert (tmp_path / "src" / "warehouse" / "migrations" / "0001_spine.sql").is_file()
    assert not (tmp_path / "src" / "pydantic").exists()
