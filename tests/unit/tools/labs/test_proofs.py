"""Labs are proved in processes of their own: a table of what was found, and one sentence for each problem."""

import pytest

from tools import editions
from tools.errors import BuildError
from tools.labs import proofs


@pytest.fixture
def small(folder, monkeypatch, text):
    """Writes the small lab into an overlay, with a piece replaced."""

    def write(old: str = "", new: str = "") -> None:
        (folder / "small").mkdir(exist_ok=True)
        (folder / "small" / "lab.md").write_text(text.replace(old, new) if old else text, "utf8")

    monkeypatch.setenv("LABS_OVERLAY", str(folder))
    return write


def test_a_row_an_exercise_and_edition(small, capsys):
    small()
    proofs.run(["small"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[:7] for row in rows if "proved" not in row] == [
        ["small", framework, "average", "2", "2", "5", "1"] for framework in editions.installed_frameworks()
    ]


def test_each_problem_is_told_after_the_table(small, capsys):
    small("numbers.size - 1)", "numbers.size - 0)")
    with pytest.raises(BuildError) as failed:
        proofs.run(["small"])
    assert str(failed.value).splitlines() == [
        f"small, {framework}, average: the wrong answer 'one number too few' is accepted."
        for framework in editions.installed_frameworks()
    ]
    assert capsys.readouterr().out.count("FAILED") == len(editions.installed_frameworks())


def test_a_lab_whose_cell_fails_is_named(small):
    small("import numpy as np", "import numpy as np\nnp.nothing")
    with pytest.raises(BuildError, match=r"(?s)small, \w+: a cell of the lab failed.*AttributeError"):
        proofs.run(["small"])


def test_a_lab_that_crashes_keeps_nothing_from_being_told_or_proved(small, folder, text, capsys):
    small("numbers.size - 1)", "numbers.size - 0)")
    (folder / "crash").mkdir()
    (folder / "crash" / "lab.md").write_text(text.replace("import numpy as np", "import nothing"), "utf8")
    with pytest.raises(BuildError) as failed:
        proofs.run(["crash", "small"])
    told = str(failed.value)
    assert "small, keras, average: the wrong answer 'one number too few' is accepted." in told
    assert "crash, keras: a cell of the lab failed." in told and "crash, torch: a cell of the lab failed." in told
    assert capsys.readouterr().out.count("FAILED after") == 2


def test_a_lab_that_does_not_end_is_named(small, monkeypatch):
    small("import numpy as np", "import time\nimport numpy as np\ntime.sleep(60)")
    monkeypatch.setattr(proofs, "MOST_SECONDS", 3)
    with pytest.raises(BuildError, match=r"small, \w+: it was not proved within 3 seconds"):
        proofs.run(["small"])


def test_a_lab_that_is_not_there_is_named(small):
    with pytest.raises(BuildError, match="There is no lab 'large'"):
        proofs.run(["large"])


def test_an_open_project_has_nothing_to_prove(small, capsys, folder):
    (folder / "project").mkdir()
    (folder / "project" / "lab.md").write_text("# A project\n\nWords.\n", "utf8")
    proofs.run(["project"])
    assert len(capsys.readouterr().out.splitlines()) == 1
