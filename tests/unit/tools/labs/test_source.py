"""A lab's source is read into exercises, checks, points and mutants; what is not written as labs are is refused."""

import pytest

from tools.errors import BuildError
from tools.labs import drafts, source
from utils.runtime import FRAMEWORKS

SOLUTION = "    # BEGIN SOLUTION\n    return numbers.sum() / numbers.size\n    # END SOLUTION\n"


def test_an_exercise_knows_its_pieces(changed):
    for framework in (*FRAMEWORKS, None):
        (exercise,) = source.exercises(changed(), framework)
        assert (exercise.name, exercise.minutes, exercise.points) == ("average", 5, (1, 1))
        assert len(exercise.solution) == 1 and len(exercise.checks) == 2
        assert [mutant.right for mutant in exercise.mutants] == [False] * 5 + [True]


def test_a_mutant_changes_the_solution_or_replaces_it(changed):
    (exercise,) = source.exercises(changed(), "keras")
    assert exercise.mutants[0].of("return a / numbers.size") == "return a / len(numbers)"
    assert exercise.mutants[-1].of("anything") == "def average(numbers):\n    return numbers.mean()"
    assert exercise.mutants[0].says == "the number of rows"


def test_an_edition_has_its_own_cells_and_mutants(changed):
    lab = changed((":tags: [solution]", ":tags: [solution, keras]"), ('by: "len(numbers)"', 'by: "9"\n  only: keras'))
    (exercise,) = source.exercises(lab, "keras")
    assert len(exercise.solution) == 1 and len(exercise.mutants) == 6
    with pytest.raises(BuildError, match="lacks its solution"):
        source.exercises(lab, "torch")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("    # BEGIN SOLUTION\n", "", "line 33: a cell tagged solution holds # BEGIN SOLUTION and # END SOLUTION in"),
        ("    # END SOLUTION\n", "", "line 33: a cell tagged solution holds"),
        (":tags: [solution]\n", "", "line 33: a cell tagged solution holds"),
        (
            SOLUTION,
            "# BEGIN SOLUTION\npass\n# END SOLUTION\n",
            "line 33: a solution outside of a function needs a stub",
        ),
        ("Why this is the answer", "# BEGIN SOLUTION", "line 69: a cell tagged solution holds"),
        ("```{exercise} average\n", "```{exercise}\n", "line 25: exercise '': an exercise has a name and minutes"),
        ("minutes: 5\n```", "minutes: soon\n```", "exercise 'average': an exercise has a name and minutes"),
        ("minutes: 5\n```", "minutes: [\n```", "exercise 'average': this is no YAML"),
        (", hidden=True", "", "line 58: `hidden=True` and the tag hidden-check go together"),
        (":tags: [hidden-check]", ":tags: [check]", "`hidden=True` and the tag hidden-check go together"),
        ('@checks.check("Any array", hidden=True)\n', "", "line 58: a cell of a check holds one class under"),
        ("class AnyArray:", "class AnyArray", "line 58: the cell is no Python"),
        ("- wrong: the sum", "- wrongly: the sum", "line 73: a mutant has `wrong` or `right`"),
        ('  by: ""\n', "", "look at 'the sum'"),
        ("```{mutants}", "```{mutants}x\n```\n", "lacks its solution, a check, a hidden check, or its mutants"),
        (":::{explanation}", "::::{explanation}", "line 69: '::::{explanation}' is never closed"),
    ],
)
def test_what_is_not_written_as_labs_are_is_refused(changed, old, new, said):
    with pytest.raises(BuildError) as refused:
        changed((old, new))
    assert said in str(refused.value) and str(refused.value).startswith("labs/small/lab.md, line ")


def test_a_solution_before_the_first_exercise_is_refused(text):
    head, tail = text.split("```{exercise} average\nminutes: 5\n```\n")
    with pytest.raises(BuildError, match="this belongs to an exercise: put it behind one"):
        source.read("small", f"{head}{tail}")


def test_labs_are_found_by_their_folders(folder):
    assert source.names() == []
    with pytest.raises(BuildError, match=r"There is no lab .small.; there are none yet"):
        source.load("small")
    drafts.new("small")
    drafts.new("another-one")
    assert source.names() == ["another-one", "small"]
    assert source.load("small").name == "small"
    with pytest.raises(BuildError, match="there are another-one, small"):
        source.load("large")


def test_an_overlay_replaces_a_lab_of_the_same_name(folder, tmp_path, monkeypatch, text):
    drafts.new("small")
    drafts.new("large")
    (tmp_path / "mine" / "small").mkdir(parents=True)
    (tmp_path / "mine" / "small" / "lab.md").write_text(text.replace("Three rows", "Four rows"), "utf8")
    monkeypatch.setenv("LABS_OVERLAY", str(tmp_path / "mine"))
    assert "Four rows" in source.load("small").text and "Three rows" in source.load("large").text
    (tmp_path / "mine" / "small" / "lab.md").write_text(text.replace("minutes: 5\n```", "minutes: soon\n```"), "utf8")
    with pytest.raises(BuildError, match=r"mine/small/lab.md, line 25: exercise 'average'"):
        source.load("small")
    monkeypatch.setenv("LABS_OVERLAY", str(tmp_path / "yours"))
    with pytest.raises(BuildError, match=r"LABS_OVERLAY is '.*yours', and no such folder is there"):
        source.load("small")
