import ast
import os
import subprocess
import sys

import nbformat
import pytest

from tools import editions, paths
from tools.errors import BuildError

BOTH = ("keras", "torch")


@pytest.fixture
def text(book) -> str:
    """A page with a cell of every kind; the page stands in chapters/part/page.md."""
    return book.page(
        "Words, and {math}`x`.\n\n",
        book.cell("import numpy as np", "setup"),
        book.cell("common = 1"),
        book.cell("library = 'keras'", "keras"),
        book.cell("library = 'torch'", "torch"),
        "% only a comment\n\n",
        book.cell("history = 2", "each", "volatile"),
        "The end.\n",
    )


def made(text: str, frameworks: tuple[str, ...] = BOTH) -> dict[str, nbformat.NotebookNode]:
    """The editions of the page as they are written."""
    editions.make("part/page", text, frameworks)
    return {name: nbformat.read(editions.edition_path(name, "part/page"), as_version=4) for name in frameworks}


def sources(edition: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in edition.cells if cell.cell_type == "code"]


def test_an_edition_has_the_common_cells_and_its_own(text):
    found = made(text)
    common = ["import numpy as np", "common = 1"]
    assert sources(found["keras"])[1:] == [*common, "library = 'keras'", "history = 2"]
    assert sources(found["torch"])[1:] == [*common, "library = 'torch'", "history = 2"]


def test_an_edition_is_a_valid_notebook_with_stable_ids_and_no_outputs(text):
    written = made(text)["torch"]
    nbformat.validate(written)
    ids = [cell.id for cell in written.cells]
    assert ids == ["text-000", "bootstrap", "code-001", "code-002", "code-004", "code-006", "text-007"]
    assert not any(cell.outputs for cell in written.cells if cell.cell_type == "code")
    assert written.cells[0].source == "# A page\n\nWords, and $x$."


def test_cells_know_their_place_in_the_page_and_volatile_ones_are_not_compared(text):
    edition = editions.split(editions.read_page(text), "torch")
    notebook = editions.read_page(text)
    for cell in edition.cells:
        if "source_cell" in cell.metadata and cell.cell_type == "code":
            assert notebook.cells[cell.metadata["source_cell"]].source == cell.source
    assert edition.cells[-2].metadata["tags"] == ["each", "volatile", "nbval-ignore-output"]
    assert notebook.cells[6].metadata["tags"] == ["each", "volatile"]


def test_the_source_map_says_the_line_of_each_fence(text):
    notebook = editions.read_page(text)
    lines = text.split("\n")
    for cell, line in zip(notebook.cells, notebook.metadata.source_map, strict=True):
        if cell.cell_type == "code":
            assert lines[line - 1].startswith("```{code-cell}")


def test_what_is_returned_may_be_changed(text):
    editions.split(editions.read_page(text), "keras").cells[2].metadata["tags"].append("changed")
    editions.read_page(text).cells.clear()
    assert "changed" not in editions.tags_of(editions.split(editions.read_page(text), "keras").cells[2])


def test_an_edition_is_written_again_only_where_it_would_be_another(text, monkeypatch):
    path = editions.edition_path("keras", "part/page")
    editions.make("part/page", text, BOTH)
    before = path.stat().st_mtime_ns, editions.code_hash(text, "keras")
    monkeypatch.setattr(editions, "_parsed", None)  # nothing is parsed either
    editions.make("part/page", text, BOTH)
    assert (path.stat().st_mtime_ns, editions.code_hash(text, "keras")) == before
    monkeypatch.undo()


def test_a_change_of_the_page_or_of_an_ingredient_makes_another_edition(book, text, monkeypatch):
    assert "THE END" in made(text.replace("The end", "THE END"))["keras"].cells[-1].source
    (book.root / "results").mkdir()
    monkeypatch.setattr(editions, "ROOT", book.root)
    monkeypatch.setattr(editions, "INGREDIENTS", ("references.bib",))
    stamps = []
    for name in ("references.bib", "results/new.json"):
        (book.root / name).write_text("changed")
        editions._ingredients.cache_clear()
        stamps.append(made(text)["keras"].metadata["learning_to_see"]["made_of"])
    editions._ingredients.cache_clear()
    assert len(set(stamps)) == 2


def test_ingredients_are_files_of_the_project():
    assert all((paths.ROOT / name).is_file() for name in editions.INGREDIENTS)


def test_an_interrupted_write_leaves_nothing(text, monkeypatch):
    def interrupt(self, target):
        raise KeyboardInterrupt

    monkeypatch.setattr(editions.Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        editions.make("part/page", text, BOTH)
    assert not list(editions.NOTEBOOKS.rglob("*.*"))


def test_a_page_of_one_framework_has_nothing_of_it_in_the_other_edition(book):
    text = book.page(book.cell("import keras", "keras"), "Words.\n")
    found = made(text, ("torch",))
    assert sources(found["torch"]) == [] and not editions.edition_path("keras", "part/page").exists()
    assert sources(made(text)["keras"])[1:] == ["import keras"]


def test_lines_may_end_as_on_windows(book, text):
    text_of_windows = book.page(text.split("# A page\n\n")[1], newline="\r\n")
    assert b"\r\n" in (book.root / "chapters/part/page.md").read_bytes()
    assert text_of_windows == text


def test_an_unknown_tag_is_named_with_its_line_and_those_there_are(book):
    text = book.page("Words.\n\n", book.cell("x = 1"), book.cell("x = 2", "pytorch"))
    with pytest.raises(BuildError) as stopped:
        editions.read_page(text)
    known = "check, each, hide-input, keras, remove-cell, setup, torch, volatile"
    assert str(stopped.value) == f"chapters/part/page.md, line 19: the tag 'pytorch' is none of {known}."


def test_tags_that_exclude_each_other_are_refused(book):
    with pytest.raises(BuildError, match=r"line 13: the tags each and torch exclude each other"):
        editions.read_page(book.page(book.cell("x = 1", "torch", "each")))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("slug: part/page", "slug: part/other", "its slug is 'part/other': make it 'part/page'"),
        ("slug: part/page\n", "", "the frontmatter has no slug: add `slug: part/page`"),
        ("minutes: 5", "minutes: [5", "the frontmatter cannot be read"),
    ],
)
def test_a_page_whose_frontmatter_is_wrong_is_named(book, text, old, new, said):
    book.change("chapters/part/page.md", old, new)
    with pytest.raises(BuildError) as stopped:
        editions.pages()
    assert str(stopped.value).startswith(f"chapters/part/page.md: {said}")


def test_options_of_a_cell_that_are_no_yaml_are_named(book, text):
    book.change("chapters/part/page.md", ":tags: [setup]", ":tags: [setup")
    with pytest.raises(BuildError, match=r"chapters/part/page.md: Code cell 1 at line 15 could not be read"):
        editions.read_page(editions.pages()["part/page"])


def test_pages_without_code_are_no_notebooks(book, text):
    (book.root / "chapters" / "prose.md").write_text("# Prose\n\n---\n\nformat_name: myst\n")
    (book.root / "chapters" / "intro.md").write_bytes(b"\xef\xbb\xbf" + text.replace("part/page", "intro").encode())
    checkpoint = book.root / "chapters" / ".ipynb_checkpoints" / "intro-checkpoint.md"  # JupyterLab leaves these
    checkpoint.parent.mkdir()
    checkpoint.write_text(text)
    assert list(editions.pages()) == ["intro", "part/page"]


def test_the_hash_of_the_code_sees_code_and_tags_of_its_edition_alone(text):
    hashes = {name: editions.code_hash(text, name) for name in BOTH}
    changed = {
        "prose": text.replace("Words", "Other words\n\n+++\n\n"),
        "keras": text.replace("library = 'keras'", "library = 'Keras'"),
        "both": text.replace("common = 1", "common = 2"),
        "tag": text.replace("[each, volatile]", "[each]"),
    }
    same = {
        what: {name for name in BOTH if editions.code_hash(new, name) == hashes[name]} for what, new in changed.items()
    }
    assert same == {"prose": {*BOTH}, "keras": {"torch"}, "both": set(), "tag": set()}


def test_one_framework_may_be_asked_for(monkeypatch):
    monkeypatch.setattr(editions.importlib.util, "find_spec", lambda name: name == "torch")
    monkeypatch.delenv("FRAMEWORK", raising=False)
    assert editions.installed_frameworks() == ("torch",)
    monkeypatch.setattr(editions.importlib.util, "find_spec", lambda name: True)
    assert editions.installed_frameworks() == BOTH
    monkeypatch.setenv("FRAMEWORK", "keras")
    assert editions.installed_frameworks() == ("keras",)


def test_the_first_cell_finds_the_modules_in_a_clone_above_the_notebook(book, text, tmp_path):
    bootstrap = sources(editions.split(editions.read_page(text), "keras"))[0]
    ast.parse(bootstrap)
    folder = book.root / "my-notebooks" / "keras"
    folder.mkdir(parents=True)
    script = bootstrap + "\nimport utils\nprint(utils.__file__)"
    ran = subprocess.run([sys.executable, "-I", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(book.root / "utils" / "__init__.py")


@pytest.mark.parametrize("own", ["utils.py", "utils/__init__.py", "utils/helpers.py"])
def test_the_first_cell_finds_the_courses_modules_where_others_are_called_utils_too(book, text, own):
    bootstrap = sources(editions.split(editions.read_page(text), "keras"))[0]
    folder = book.root / "my-notebooks" / "keras"
    (folder / own).parent.mkdir(parents=True)
    (folder / own).touch()
    script = bootstrap + "\nfrom utils import ops\nprint(ops.__file__)"
    command = [sys.executable, "-c", script]  # the folder is the first on sys.path, as in a notebook
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(book.root / "utils" / "ops.py")


def test_the_first_cell_clones_the_repository_where_there_is_none(book, text, tmp_path):
    bootstrap = sources(editions.split(editions.read_page(text), "keras"))[0]
    fake = "import subprocess\nsubprocess.run = lambda command, check: print(*command)\n"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", fake + bootstrap], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("git clone --quiet --depth=1 --branch=main https://github.com/")
    assert ran.stdout.strip().endswith(str(tmp_path / "course"))


@pytest.mark.parametrize("failure", ["FileNotFoundError('git')", "subprocess.CalledProcessError(128, 'git')"])
def test_where_nothing_can_be_fetched_one_sentence_says_what_to_do(text, tmp_path, failure):
    bootstrap = sources(editions.split(editions.read_page(text), "keras"))[0]
    fake = f"import subprocess\ndef fail(command, check):\n    raise {failure}\nsubprocess.run = fail\n"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", fake + bootstrap], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: The course's modules are not here, and git could not fetch them into ")
    assert f"{tmp_path / 'course'}: put this notebook into a clone of https://github.com/" in last
    assert ran.stderr.count("Traceback") == 1


def test_on_colab_the_first_cell_installs_what_the_edition_imports_beyond_the_image(book):
    text = book.page(book.cell("import captum.attr", "torch"), book.cell("import keras", "keras"))
    wanted = {"torch": '"--quiet", "pooch", "captum"]', "keras": '"--quiet", "pooch"]'}
    for framework, packages in wanted.items():
        assert packages in sources(editions.split(editions.read_page(text), framework))[0]


def test_what_the_pages_import_is_on_colab_or_known_to_be_missing_there():
    on_colab = {"IPython", "PIL", "matplotlib", "numpy", "scipy", "skimage", "sklearn"}
    on_colab |= {"keras", "tensorflow", "torch", "torchvision", "utils"}
    code = [cell for text in editions.pages().values() for cell in editions.read_page(text).cells]
    found = {name for cell in code if cell.cell_type == "code" for name in editions.IMPORT.findall(cell.source)}
    assert "captum" in found
    assert found <= on_colab | editions.NOT_ON_COLAB.keys() | sys.stdlib_module_names


def test_the_first_cell_runs_where_no_google_package_is_installed(monkeypatch):
    """TensorFlow brings one, PyTorch does not."""
    monkeypatch.setitem(sys.modules, "google", None)
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    monkeypatch.setattr(sys, "path", [*sys.path])  # the cell puts a folder in front
    exec(editions.BOOTSTRAP.format(url="nowhere", branch="main", packages=""), {})
