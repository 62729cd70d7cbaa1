"""Labs in the site: exercises without outputs of checks, solutions on pages of their own, and a site without them."""

import pytest
import yaml

from tools import settings
from tools.labs import drafts, source
from tools.labs import pages as lab_pages

CANARY = "zqxbird"
SECRETS = (
    ("    return numbers.sum() / numbers.size", f"    {CANARY} = numbers.sum() / numbers.size\n    return {CANARY}"),
    ("Why this is the answer", f"{CANARY}, that is why this is the answer"),
    ("class AnyArray:", f"class {CANARY.title()}:"),
    ("- wrong: the median", f"- wrong: the {CANARY}"),
)


@pytest.fixture
def lab(book, monkeypatch):
    """A book with a lab that holds a word in everything that learners must not see."""
    monkeypatch.setattr(source, "LABS", book.folder / "labs")
    source.LABS.mkdir()
    drafts.new("small")
    text = (book.folder / "labs/small/lab.md").read_text("utf8")
    for old, new in SECRETS:
        assert old in text
        text = text.replace(old, new)
    book.write("labs/small/lab.md", text)
    return book


def build(book, solutions: bool, monkeypatch) -> str:
    """Build the site with the lab in its contents, as `tools.site` does; what Sphinx complained of."""
    monkeypatch.setattr(settings, "solutions", lambda: solutions)
    contents = yaml.safe_load((book.folder / "_toc.yml").read_text("utf8"))
    contents["chapters"] += [{"file": "labs/small/lab", "sections": [{"file": "labs/small/solution"}]}]
    book.write("_toc.yml", yaml.safe_dump(contents))
    settled = (
        (book.folder / "_config.yml").read_text("utf8").replace("book_solutions: true", f"book_solutions: {solutions}")
    )
    book.write("_config.yml", settled)
    return book.build()


def holders(folder) -> list[str]:
    """The files of the site that hold the word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(
        path.relative_to(folder).as_posix() for path in files if CANARY in path.read_text("utf8", "ignore").lower()
    )


def test_a_site_without_solutions_holds_no_trace_of_them(lab, monkeypatch):
    assert build(lab, False, monkeypatch) == ""
    assert holders(lab.html) == []
    assert (lab.html / "labs/small/lab.html").is_file() and not (lab.html / "labs/small/solution.html").exists()
    assert "For afterwards" not in (lab.html / "labs/small/lab.html").read_text("utf8")
    assert "Three rows of four numbers" in (lab.html / "labs/small/lab.html").read_text("utf8")
    assert (lab.html / "notebooks/torch/labs/small/lab.ipynb").is_file()


def test_the_word_is_found_where_solutions_are_shown(lab, monkeypatch):
    assert build(lab, True, monkeypatch) == ""
    assert "labs/small/solution.html" in holders(lab.html) and "searchindex.js" in holders(lab.html)
    assert not [name for name in holders(lab.html) if name.endswith(("small/lab.html", "small/lab.ipynb"))]
    solution = (lab.html / "labs/small/solution.html").read_text("utf8")
    assert "Try first: " in solution and "Any array" not in solution and "the median" not in solution
    assert "For afterwards: " in (lab.html / "labs/small/lab.html").read_text("utf8")


def test_a_changed_lab_is_read_again_on_both_pages(lab, monkeypatch):
    build(lab, True, monkeypatch)
    text = (lab.folder / "labs/small/lab.md").read_text("utf8")
    lab.write("labs/small/lab.md", text.replace("Write the mean of", "Write down the mean of"))
    assert lab.build() == ""
    for page in ("lab", "solution"):
        assert "Write down the mean of" in (lab.html / f"labs/small/{page}.html").read_text("utf8")


def test_a_lab_is_read_again_when_its_text_changes_elsewhere(lab, monkeypatch, tmp_path_factory):
    build(lab, True, monkeypatch)
    text = (lab.folder / "labs/small/lab.md").read_text("utf8")
    private = tmp_path_factory.mktemp("private")
    (private / "small").mkdir()
    (private / "small" / "lab.md").write_text(text.replace("Write the mean of", "Write down the mean of"), "utf8")
    monkeypatch.setenv("LABS_OVERLAY", str(private))
    assert lab.build() == ""
    for page in ("lab", "solution"):
        assert "Write down the mean of" in (lab.html / f"labs/small/{page}.html").read_text("utf8")


def test_what_checks_say_of_stubs_is_not_shown_and_of_solutions_is(lab, monkeypatch):
    monkeypatch.setattr(settings, "solutions", lambda: True)
    for slug, text in lab_pages.pages().items():
        lab.run_text(slug, text)
    assert build(lab, True, monkeypatch) == ""
    exercises, solution = ((lab.html / f"labs/small/{page}.html").read_text("utf8") for page in ("lab", "solution"))
    assert "0 of 1 point in the checks you can see" in exercises and "1 of 1 point in the checks you" in solution
    assert "✓ Three rows of four numbers (1 point)" in solution
    assert "✗" not in exercises and "Show the check" in exercises


def test_a_page_names_its_lab(lab, monkeypatch):
    lab.page("part", "Words.\n\n```{code-cell} ipython3\nx = 1\n```", lab="small")
    assert build(lab, False, monkeypatch) == ""
    assert "5 minutes · afterwards: Lab: small" in lab.words("part", "aside.page-head")
