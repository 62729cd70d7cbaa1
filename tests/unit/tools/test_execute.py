import json
import time

import nbformat
import pytest

from tools import editions, execute
from tools.errors import BuildError

BOTH = ("keras", "torch")
ALL = {(framework, page) for framework in BOTH for page in ("part/plain", "part/shapes")}
SHAPES = {pair for pair in ALL if pair[1] == "part/shapes"}


def stale() -> dict[tuple[str, str], str]:
    """(framework, page) → why it is stale, for those that are."""
    found = {(name, page): execute.staleness(text, name) for page, text in editions.pages().items() for name in BOTH}
    return {key: why for key, why in found.items() if why}


def executed_cells(page: str, framework: str) -> list[nbformat.NotebookNode]:
    """The cells of an executed edition."""
    return nbformat.read(execute.executed_path(framework, page), as_version=4).cells


def printed(page: str, framework: str) -> list[str]:
    """What each code cell of an executed edition printed, the first one (which finds the modules) left out."""
    cells = [cell for cell in executed_cells(page, framework) if cell.cell_type == "code"]
    return [execute.text_of(cell) for cell in cells[1:]]


# What an executed edition holds


def test_each_edition_ran_its_own_cells_and_the_common_ones(executed):
    assert printed("part/plain", "keras") == printed("part/plain", "torch") == ["6"]
    keras, torch = printed("part/shapes", "keras"), printed("part/shapes", "torch")
    assert len(keras) == len(torch) == 8
    assert keras[1] == torch[1] == "size: 5 ≥ 5, größer\n"
    assert (keras[4], torch[4]) == ("Keras only\n", "PyTorch only\n")


def test_two_kernels_run_at_once(executed):
    assert printed("part/shapes", "keras")[2] == "kernels that met: 2\n"


def test_a_kernel_has_one_thread_the_books_modules_and_an_empty_folder(executed, executed_once):
    for framework in BOTH:
        threads, path, folder = json.loads(printed("part/shapes", framework)[3])
        assert (threads, path) == ("1", str(executed_once))
        assert str(executed_once) not in folder


def test_text_that_came_in_pieces_is_one_output_without_stderr(executed):
    cell = executed_cells("part/shapes", "keras")[-2]
    assert [(output.output_type, output.text) for output in cell.outputs] == [("stream", "ab\n")]


def test_a_figure_keeps_its_alternative_text(executed):
    (output,) = executed_cells("part/shapes", "keras")[-1].outputs
    assert output.metadata["image/png"]["alt"] == "Two ones on the diagonal"


def test_an_edition_notes_what_it_used_and_no_more(executed):
    notes = execute.notes("torch", "part/shapes")
    assert {"utils/shapes.py", "utils/plots.py", "results/measured.json"} <= notes["used"]["files"].keys()
    assert not {"utils/unused.py", "utils/runtime.py"} & notes["used"]["files"].keys()
    assert notes["used"]["data"] == {"mnist": {"source": "twin", "checksum": "checksum"}}
    assert set(notes["versions"]) == {"python", "numpy"}
    assert notes["seconds"] > 0


# What makes it stale


def test_what_was_just_run_is_fresh(executed, capsys):
    assert stale() == {}
    executed.run()
    assert capsys.readouterr().out == "  4 executed editions are up to date.\n"


def test_prose_reruns_nothing_even_where_it_moves_cells(executed):
    executed.change("chapters/part/shapes.md", "Some prose.", "Other prose.\n\n+++\n\nAnd more.")
    executed.change("chapters/part/plain.md", "# A page", "# A title\n\nWith a paragraph.")
    assert stale() == {}
    executed.run()


def test_code_of_one_framework_reruns_its_edition_alone(executed):
    executed.change("chapters/part/shapes.md", 'print("PyTorch only")', 'print("torch")')
    assert stale() == {("torch", "part/shapes"): "its code changed"}


def test_an_unrelated_edit_in_utils_reruns_nothing(executed):
    executed.change("utils/unused.py", "Nobody", "Not a soul")
    assert stale() == {}


def test_a_used_edit_in_utils_reruns_exactly_its_pages(executed, tmp_path, monkeypatch, capsys):
    (tmp_path / "meeting").mkdir()
    monkeypatch.setenv("MEETING", str(tmp_path / "meeting"))
    executed.change("utils/shapes.py", "def output_size", "# A comment.\ndef output_size")
    assert stale() == dict.fromkeys(SHAPES, "utils/shapes.py changed")
    executed.run()
    said = capsys.readouterr().out
    assert said.count("part/shapes") == 2 and said.count("(utils/shapes.py changed)") == 2 and "part/plain" not in said
    assert stale() == {}


def test_a_changed_or_missing_result_reruns_its_pages(executed):
    path = executed.root / "results" / "measured.json"
    path.write_text('{"more": 1}')
    assert stale() == dict.fromkeys(SHAPES, "results/measured.json changed")
    path.unlink()
    assert stale() == dict.fromkeys(SHAPES, "results/measured.json changed")


def test_other_data_rerun_their_pages(executed, monkeypatch):
    monkeypatch.setattr(execute.data, "identity", lambda name: ("original", "other"))
    assert stale() == dict.fromkeys(SHAPES, "its data changed: mnist is now the original")


@pytest.mark.parametrize(
    ("package", "frameworks"), [("torch", {"torch"}), ("keras", {"keras"}), ("numpy", {*BOTH}), ("pytest", set())]
)
def test_a_changed_pin_reruns_the_editions_that_can_see_the_package(executed, package, frameworks):
    executed.change("requirements.txt", f"\n{package}==", f"\n{package}==99.")
    execute.pins_hash.cache_clear()
    why = "Python or the pinned versions changed"
    assert stale() == {pair: why for pair in ALL if pair[0] in frameworks}


def test_another_python_reruns_everything(executed, monkeypatch):
    monkeypatch.setattr(execute.platform, "python_version", lambda: "3.99.0")
    execute.pins_hash.cache_clear()
    assert stale().keys() == ALL


def test_missing_outputs_are_stale(executed):
    execute.executed_path("keras", "part/plain").unlink()
    assert stale() == {("keras", "part/plain"): "it has not been run yet"}


def test_an_edit_during_the_run_is_not_lost(book):
    source = "from utils import shapes\nimport pathlib\npath = pathlib.Path(shapes.__file__)\n"
    book.page(book.cell(source + 'path.write_text(path.read_text("utf8") + "# edited", "utf8")'))
    book.run(("keras",))
    assert execute.staleness(editions.pages()["part/page"], "keras") == "utils/shapes.py changed"


def test_checking_thirty_pages_takes_less_than_a_second(executed):
    text = executed.page(executed.cell("sum(range(4))") + "A line of *prose*, $x^2$, `code`.\n\n" * 1500)  # 50 kB
    for number in range(30):
        page = f"part/page-{number}"
        (executed.root / "chapters" / f"{page}.md").write_text(text.replace("part/page", page), "utf8")
        editions.make(page, text.replace("part/page", page), BOTH)
        for name in BOTH:
            notebook = nbformat.read(execute.executed_path(name, "part/plain"), as_version=4)
            notebook.cells[-1].source += "# as large as figures are: " + "x" * 500_000
            editions.write(execute.executed_path(name, page), notebook)
    (executed.root / "chapters" / "part" / "page.md").unlink()
    start = time.process_time()
    texts = editions.pages()
    found = {execute.staleness(text, name) for page, text in texts.items() for name in BOTH}
    assert time.process_time() - start < 1
    assert len(texts) == 32 and found == {None}


# What stops the build


def failure(book, frameworks: tuple[str, ...] = ("torch",)) -> str:
    """The message with which a run stops; nothing of it may be left."""
    with pytest.raises(BuildError) as stopped:
        book.run(frameworks)
    assert book.built() == []
    return str(stopped.value)


def test_a_failing_cell_is_shown_with_its_line_source_and_error(book):
    text = book.page("Prose.\n\n", book.cell("x = 1"), "More prose.\n\n", book.cell("y = 2\nx / (y - 2)"))
    line = text.split("\n").index("y = 2")  # counted from 1, that is the line before: the cell's fence
    said = failure(book, BOTH)
    assert said.startswith(f"chapters/part/page.md, line {line}: a cell of the ")
    assert "\n    y = 2\n    x / (y - 2)\n" in said
    assert said.endswith("    ZeroDivisionError: division by zero")
    assert "\x1b" not in said


def test_a_dead_kernel_is_named_with_its_cell(book):
    book.page(book.cell("import os\nos._exit(1)"))
    said = failure(book)
    assert "os._exit(1)" in said and said.endswith("Its kernel died: out of memory, or the process was ended.")


def test_a_cell_that_takes_too_long_is_named(book, monkeypatch):
    monkeypatch.setattr(execute, "CELL_SECONDS", 1)
    book.page(book.cell("import time\ntime.sleep(60)"))
    assert failure(book).endswith("It was not done after 1 seconds.")


def test_a_figure_without_alternative_text_is_refused(book):
    book.page(book.cell('display({"image/png": "aGk="}, raw=True)'))
    said = failure(book)
    assert "part/page.md, line 13: a figure has no alternative text" in said and "display(" in said


def test_megabytes_of_output_pass(book):
    book.page(book.cell('for i in range(50):\n    print("é" * 60_000)'))
    book.run(("keras",))
    assert len(printed("part/page", "keras")[0]) == 50 * 60_001


def test_an_untagged_cell_that_differs_fails_by_name_until_it_is_mended(book):
    differing = "import time\nprint(time.time_ns())"
    book.page("Prose.\n\n", book.cell(differing, "volatile"), book.cell(differing))
    for prose in ("Prose.", "Prose.\n\nThe second time, nothing is run any more, and the cells stand elsewhere."):
        book.change("chapters/part/page.md", "Prose.", prose)
        text = editions.pages()["part/page"]
        line = text[: text.rindex("```{code-cell}")].count("\n") + 1
        with pytest.raises(BuildError) as stopped:
            book.run()
        said = f"chapters/part/page.md, line {line}: an untagged cell prints differently in the two editions"
        assert str(stopped.value).startswith(said)
        assert "  Keras:\n    1" in str(stopped.value) and "  PyTorch:\n    1" in str(stopped.value)
    book.run(("keras",))  # one framework alone has nothing to be compared with


def test_addresses_in_memory_do_not_count_as_a_difference():
    for address in ("0x7fa1b2c3d4e5", "0x55d0aabbccdd"):
        output = nbformat.v4.new_output("stream", text=f"<function f at {address}>")
        assert execute.text_of(nbformat.v4.new_code_cell(outputs=[output])) == "<function f at 0xADDRESS>"
