import json

import nbformat
import pytest

from tools import editions, outputs
from tools.errors import BuildError

BOTH = ("keras", "torch")
ALL = {(framework, page) for framework in BOTH for page in ("part/plain", "part/shapes")}
SHAPES = {pair for pair in ALL if pair[1] == "part/shapes"}


def stale() -> dict[tuple[str, str], str]:
    """(framework, page) → why it is stale, for those that are."""
    found = {(name, page): outputs.staleness(text, name) for page, text in editions.pages().items() for name in BOTH}
    return {key: why for key, why in found.items() if why}


# What makes an executed edition stale


def test_what_was_just_run_is_fresh(executed, capsys):
    assert stale() == {}
    executed.run()
    assert capsys.readouterr().out == "  executed editions up to date: 4\n"


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
    monkeypatch.setattr(outputs.data, "identity", lambda name: ("original", "other"))
    assert stale() == dict.fromkeys(SHAPES, "its data changed: mnist is now original")


def test_an_original_that_was_asked_for_and_is_missing_stops_with_its_sentence(executed, monkeypatch):
    def missing(name):
        raise FileNotFoundError(f"{name} is missing: get it.")

    monkeypatch.setattr(outputs.data, "identity", missing)
    with pytest.raises(BuildError, match=r"^mnist is missing: get it\.$"):
        stale()


@pytest.mark.parametrize(
    ("package", "frameworks"), [("torch", {"torch"}), ("keras", {"keras"}), ("numpy", {*BOTH}), ("pytest", set())]
)
def test_a_changed_pin_reruns_the_editions_that_can_see_the_package(executed, package, frameworks):
    executed.change("requirements.txt", f"\n{package}==", f"\n{package}==99.")
    outputs.pins_hash.cache_clear()
    why = "Python or the pinned versions changed"
    assert stale() == {pair: why for pair in ALL if pair[0] in frameworks}


def test_another_python_reruns_everything(executed, monkeypatch):
    monkeypatch.setattr(outputs.platform, "python_version", lambda: "3.99.0")
    outputs.pins_hash.cache_clear()
    assert stale().keys() == ALL


def test_missing_outputs_are_stale(executed):
    outputs.executed_path("keras", "part/plain").unlink()
    assert stale() == {("keras", "part/plain"): "it has not been run yet"}


def test_notes_of_other_tools_are_no_notes(executed):
    path = outputs.executed_path("keras", "part/plain")
    path.write_text(path.read_text("utf8").replace('"printed"', '"said"'), "utf8")
    assert stale() == {("keras", "part/plain"): "it has not been run yet"}


def test_checking_neither_parses_a_page_nor_reads_a_notebook_twice(executed, monkeypatch):
    parsed, read, loads = [], [], json.loads
    monkeypatch.setattr(editions, "_parsed", parsed.append)
    monkeypatch.setattr(editions.json, "loads", lambda text: read.append(text) or loads(text))
    for _ in range(2):
        assert stale() == {}
    assert (len(parsed), len(read)) == (0, 2 * len(ALL))  # of each edition, as it was made and as it was run


# What the two editions must share


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
        assert outputs.text_of(nbformat.v4.new_code_cell(outputs=[output])) == "<function f at 0xADDRESS>"
