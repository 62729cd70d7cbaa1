import json

import nbformat
import pytest

from tools import editions, execute, outputs
from tools.errors import BuildError

BOTH = ("keras", "torch")


def executed_cells(page: str, framework: str) -> list[nbformat.NotebookNode]:
    """The cells of an executed edition."""
    return nbformat.read(outputs.executed_path(framework, page), as_version=4).cells


def printed(page: str, framework: str) -> list[str]:
    """What each code cell of an executed edition printed, the first one (which finds the modules) left out."""
    cells = [cell for cell in executed_cells(page, framework) if cell.cell_type == "code"]
    return [outputs.text_of(cell) for cell in cells[1:]]


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
    notes = outputs.notes("torch", "part/shapes")
    assert {"utils/shapes.py", "utils/plots.py", "results/measured.json"} <= notes["used"]["files"].keys()
    assert not {"utils/unused.py", "utils/runtime.py"} & notes["used"]["files"].keys()
    assert notes["used"]["data"] == {"mnist": {"source": "twin", "checksum": "checksum"}}
    assert set(notes["versions"]) == {"python", "numpy"}
    assert notes["seconds"] > 0


def test_an_edit_during_the_run_is_not_lost(book):
    source = "from utils import shapes\nimport pathlib\npath = pathlib.Path(shapes.__file__)\n"
    book.page(book.cell(source + 'path.write_text(path.read_text("utf8") + "# edited", "utf8")'))
    book.run(("keras",))
    assert outputs.staleness(editions.pages()["part/page"], "keras") == "utils/shapes.py changed"


def test_the_page_is_run_and_not_what_somebody_made_of_its_edition(book):
    text = book.page(book.cell("print('as written')"))
    editions.make("part/page", text, ("keras",))
    path = editions.edition_path("keras", "part/page")
    path.write_text(path.read_text("utf8").replace("as written", "as changed"), "utf8")
    book.run(("keras",))
    assert printed("part/page", "keras") == ["as written\n"]


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


def test_the_last_words_of_a_kernel_are_shown(book):
    book.page(book.cell('import os, time\nos.write(2, b"a library gives up")\ntime.sleep(1)\nos.abort()'))
    assert failure(book).endswith("or the process was ended.\n    a library gives up")


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
