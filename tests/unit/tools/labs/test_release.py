"""A release holds no trace of a solution, and is refused where it would."""

import nbformat
import pytest

from tools import editions
from tools.errors import BuildError
from tools.labs import release
from tools.labs.pages import exercise_page

CANARY = "zqxcanary"


def notebooks(lab) -> dict:
    """The student notebooks of a lab."""
    page = editions.read_page(exercise_page(lab))
    return {framework: editions.split(page, framework) for framework in editions.FRAMEWORKS}


def refuse(lab) -> None:
    """Look for traces in what would be released of a lab."""
    for framework, notebook in notebooks(lab).items():
        release.refuse_traces(lab, notebook, framework)


def test_a_clean_lab_is_not_refused(changed):
    refuse(changed())


@pytest.mark.parametrize(
    "old, new, said",
    [
        (
            "counts all of them.",
            "counts all:\n\nreturn  numbers.sum() / numbers.size",
            "'return numbers.sum() / numbers.size'",
        ),
        (
            "counts all of them.",
            "counts all, as in `return numbers.sum() /\n numbers.size`.",
            "'return numbers.sum() / numbers.size'",
        ),
        (
            "Write the mean of an array's numbers.",
            'Write the mean. It will be asked of:\n\nreturn {"numbers": rng.normal(size=rng.integers(2, 6, 2))}',
            "rng.integers(2, 6, 2))}'",
        ),
        ("Write the mean", "Why this is the answer, and what a learner may take from it.\n\nWrite", "'Why this is"),
        ("import numpy as np", "import numpy as np\n# hidden=True", "would show 'import numpy as np"),
    ],
)
def test_a_trace_is_refused(changed, old, new, said):
    with pytest.raises(BuildError) as refused:
        refuse(changed((old, new)))
    assert said in str(refused.value) and str(refused.value).startswith("labs/small/lab.md: the keras notebook")


def test_what_a_hidden_check_shares_with_a_visible_one_is_no_secret(changed):
    assert not {"def probe(numbers):", "return average(numbers)"} & release.secrets(changed())
    assert '@checks.check("Any array", hidden=True)' in release.secrets(changed())


def with_canaries(text: str) -> str:
    """A lab with a word in everything that learners must not see."""
    for old, new in (
        (
            "    return numbers.sum() / numbers.size",
            f"    {CANARY} = numbers.sum() / numbers.size\n    return {CANARY}",
        ),
        ("Why this is the answer", f"{CANARY}, that is why this is the answer"),
        ("class AnyArray:", f"class {CANARY.title()}:"),
        ("- wrong: the median", f"- wrong: the {CANARY}"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def test_no_canary_comes_through(folder, tmp_path, text, monkeypatch):
    (folder / "small").mkdir()
    (folder / "small" / "lab.md").write_text(with_canaries(text), "utf8")
    monkeypatch.setattr(release.proofs, "run", lambda names: None)  # proved elsewhere
    paths = release.release("small", tmp_path / "handed out")
    expected = [f"small-{framework}.ipynb" for framework in editions.installed_frameworks()]
    assert sorted(path.name for path in paths) == expected
    assert sorted((tmp_path / "handed out").iterdir()) == sorted(paths)
    for path in paths:
        assert CANARY not in path.read_text("utf8").lower()
        notebook = nbformat.read(path, as_version=4)
        assert all(not cell.get("outputs") for cell in notebook.cells)
        assert any("raise NotImplementedError" in cell.source for cell in notebook.cells)


def test_nothing_is_written_of_a_lab_that_is_not_proved(folder, tmp_path, text, monkeypatch):
    (folder / "small").mkdir()
    (folder / "small" / "lab.md").write_text(text.replace("numbers.size - 1)", "numbers.size - 0)"), "utf8")
    monkeypatch.setenv("LABS_OVERLAY", str(folder))  # which the process that proves it sees too
    with pytest.raises(BuildError, match="the wrong answer 'one number too few' is accepted"):
        release.release("small", tmp_path / "handed out")
    assert not (tmp_path / "handed out").exists()
