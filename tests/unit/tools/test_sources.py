import shutil
import subprocess

import pytest

from tools import paths, sources


@pytest.fixture
def repository(book):
    """The fixture book as a git repository without commits."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    subprocess.run(["git", "init", "--quiet", book.root], check=True)
    (book.root / ".gitignore").write_text("__pycache__/\n_build/\n")
    return book


def test_the_project_has_no_problems():
    assert sources.check() == []


def test_a_clean_book_has_no_problems(repository):
    repository.page(repository.cell("x = 1\nassert x", "volatile"))
    assert sources.check() == []


def test_files_are_those_that_git_has_or_would_add(repository):
    (repository.root / "größer und schöner.txt").touch()
    (repository.root / "_build").mkdir()
    (repository.root / "_build" / "left-out.txt").touch()
    names = sources.committed()
    assert {"größer und schöner.txt", "utils/shapes.py"} <= set(names)
    assert "_build/left-out.txt" not in names


@pytest.mark.parametrize("installed", [True, False])
def test_where_git_cannot_say_the_files_are_those_it_would_have(repository, monkeypatch, installed):
    (repository.root / "größer und schöner.txt").touch()
    for name in ("_build/deep/left-out.txt", "chapters/page.ipynb", ".venv/lib.py", "utils/__pycache__/ops.pyc"):
        (repository.root / name).parent.mkdir(parents=True, exist_ok=True)
        (repository.root / name).touch()
    shutil.copy(paths.ROOT / ".gitignore", repository.root / ".gitignore")
    names = sources.committed()
    shutil.rmtree(repository.root / ".git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.root.parent))
    if not installed:
        monkeypatch.setenv("PATH", "")
    assert sorted(sources.committed()) == sorted(names)
    assert "größer und schöner.txt" in names and not any("left-out" in name or ".venv" in name for name in names)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("page.ipynb", "{}", "page.ipynb: notebooks are generated; commit the page's .md instead."),
        ("big.txt", "x" * 1_000_001, "big.txt: 1,000,001 bytes; no file may have more than 1,000,000."),
        ("a.txt", "see https://files.pythonhosted." + "org/x", "a.txt: names a package registry's host; leave it out."),
        ("b.txt", "from deb." + "debian" + ".org", "b.txt: names a package registry's host; leave it out."),
        ("c.txt", "open('/roo" + "t/data')", "c.txt: names a path of one machine; leave it out."),
        ("d.txt", "in /ho" + "me/anna/course", "d.txt: names a path of one machine; leave it out."),
    ],
)
def test_a_file_that_should_not_be_committed_is_named(repository, name, content, said):
    (repository.root / name).write_text(content)
    assert sources.check() == [said]


def test_embedded_weights_may_be_large(repository):
    shutil.rmtree(repository.root / "utils" / "pretrained")
    (repository.root / "utils" / "pretrained").mkdir()
    (repository.root / "utils" / "pretrained" / "net.safetensors").write_bytes(b"x" * 1_000_001)
    assert sources.check() == []
    (repository.root / "utils" / "pretrained" / "other.safetensors").write_bytes(b"x" * 7_000_000)
    heavy = "utils/pretrained/: 8,000,001 bytes; embedded weights may have 8,000,000 in all."
    assert sources.check() == [heavy]


@pytest.mark.parametrize(
    ("source", "tags", "said"),
    [
        ("x = 1\n" * 16, (), "chapters/part/page.md, line 13: a cell of 16 lines; 15 is the most."),
        (
            "print(1)",
            ("volatile",),
            "chapters/part/page.md, line 13: a volatile cell is compared with nothing: "
            "let it assert something about its result.",
        ),
        ("%time x = 1", (), "chapters/part/page.md, line 13: the cell is no Python (invalid syntax)."),
    ],
)
def test_a_cell_against_the_rules_is_named_with_its_line(repository, source, tags, said):
    repository.page(repository.cell(source.strip(), *tags))
    assert sources.check() == [said]


def test_a_page_that_cannot_be_read_is_one_problem_and_does_not_hide_the_others(repository):
    repository.page(repository.cell("x = 1", "unknown"))
    repository.page(repository.cell("x = 1\n" * 20), slug="part/second")
    first, second = sources.check()
    assert "the tag 'unknown' is none of" in first and "a cell of 20 lines" in second
    repository.change("chapters/part/second.md", "slug: part/second", "slug: elsewhere")
    (problem,) = sources.check()
    assert "its slug is 'elsewhere'" in problem
