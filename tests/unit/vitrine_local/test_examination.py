from vitrine_local.examination import Finding


def test_a_lack_comes_with_the_command_that_mends_it() -> None:
    assert str(Finding("jars", "4 lack", "make setup")).splitlines() == [
        "--  jars         4 lack",
        "                 mend: make setup",
    ]
    assert str(Finding("Python", "3.11.7")) == "ok  Python       3.11.7"
