"""Checks of exercises: what a learner is told when code is right, wrong, missing, broken, or spoils its input."""

import linecache

import numpy as np
import pytest

from utils import checks


def doubled(learner, **options) -> checks.Check:
    """A check of an exercise that asks for twice the numbers, for a learner's function."""
    with checks.recording() as found:

        @checks.check("Twice", points=2, **options)
        class Twice:
            def inputs(rng):  # noqa: N805
                return {"numbers": rng.integers(1, 9, 4), "names": ["a", {"b": 1}]}

            def probe(numbers, names):  # noqa: N805
                return learner(numbers, names)

            def compare(answer, numbers, names):  # noqa: N805
                checks.close(answer, 2 * numbers, "twice each number", confusions={"half.": numbers / 2})

    return found[0]


def spoil(numbers, names):
    """The right answer, found in place."""
    numbers *= 2
    return numbers


def todo(numbers, names):
    """What stands in a stub."""
    raise NotImplementedError("Your code goes here.")


@pytest.mark.parametrize(
    "learner, passed, said",
    [
        (lambda numbers, names: numbers * 2, True, "✓ Twice (2 points)"),
        (lambda numbers, names: [2 * int(number) for number in numbers], True, "✓ Twice (2 points)"),
        (lambda numbers, names: numbers / 2, False, "✗ Twice: half."),
        (todo, False, f"✗ Twice: {checks.NOT_DONE}"),
        (lambda numbers, names: ..., False, f"✗ Twice: {checks.NOT_DONE}"),
        (lambda numbers, names: 1 / 0, False, "✗ Twice: your code stopped with ZeroDivisionError: division by zero"),
        (lambda numbers: numbers, False, None),
        (
            spoil,
            False,
            "✗ Twice: your code changed its input numbers: let it work on a copy, callers still need theirs.",
        ),
        (
            lambda numbers, names: names[1].clear() or 2 * numbers,
            False,
            "✗ Twice: your code changed its input names: let it work on a copy, callers still need theirs.",
        ),
    ],
)
def test_outcome(learner, passed, said):
    outcome = doubled(learner).run()
    assert outcome.passed == passed and outcome.points == 2
    assert str(outcome) == said or (said is None and "TypeError" in outcome.feedback)


def test_the_line_of_a_cell_where_code_stopped_is_named(monkeypatch):
    cell = "def learner(numbers, names):\n    return half(numbers)\n\ndef half(numbers):\n    return numbers.half()\n"
    file = "/tmp/ipykernel_1/2.py"
    monkeypatch.setitem(linecache.cache, file, (len(cell), None, cell.splitlines(keepends=True), file))
    scope = {}
    exec(compile(cell, file, "exec"), scope)
    said = doubled(scope["learner"]).run().feedback
    assert said.startswith("your code stopped with AttributeError: ")
    assert said.endswith(" (at `return numbers.half()`)")


def test_an_answer_that_a_comparison_did_not_think_of_is_wrong_too():
    outcome = hidden(lambda answer, number: answer + "text").run(1)
    assert outcome.feedback.startswith("your answer can not be compared (TypeError: ")
    assert outcome.feedback.endswith("): look at its type and shape.")


def test_inputs_are_the_same_each_time_and_others_for_other_seeds_and_titles():
    check = doubled(todo)
    assert np.array_equal(check.draw(1)["numbers"], check.draw(1)["numbers"])
    draws = {tuple(check.draw(seed)["numbers"]) for seed in range(20)}
    assert len(draws) > 15
    with checks.recording() as found:
        checks.check("Another title")(type("Other", (), {"inputs": check.inputs, "probe": todo, "compare": todo}))
    assert any(tuple(found[0].draw(seed)["numbers"]) != tuple(check.draw(seed)["numbers"]) for seed in range(3))


def test_numbers_that_are_none_do_not_count_as_changed():
    nan = float("nan")
    parts = {
        "inputs": lambda rng: {"numbers": [nan, 1.0], "table": np.array([nan])},
        "compare": lambda answer, **_: None,
    }
    with checks.recording() as found:
        checks.check("NaN")(type("Nan", (), {**parts, "probe": lambda numbers, table: numbers[1]}))
    assert found[0].run().passed


def hidden(compare=None) -> checks.Check:
    """A hidden check, whose learner gives twice its number."""
    parts = {"inputs": lambda rng: {"number": int(rng.integers(1, 9))}, "probe": lambda number: 2 * number}
    with checks.recording() as found:
        checks.check("Hidden", hidden=True)(type("Hidden", (), parts | ({"compare": compare} if compare else {})))
    return found[0]


def test_a_hidden_check_compares_with_the_solution():
    assert hidden().run(3, solution=lambda number: number + number).passed
    outcome = hidden().run(3, solution=lambda number: 3 * number)
    assert not outcome.passed and "which is not what the exercise asks for" in outcome.feedback

    def compare(answer, expected, number):
        checks.equal(answer - number, expected, "the number again")

    assert hidden(compare).run(5, solution=lambda number: number).passed


def test_a_hidden_check_may_do_without_the_solution():
    assert hidden(lambda answer, number: checks.equal(answer, 2 * number, "twice")).run(1).passed


def test_a_check_that_is_not_complete_is_refused():
    with pytest.raises(TypeError, match=r"'Half' needs the functions inputs\(rng\) and probe"):
        checks.check("Half")(type("Half", (), {"inputs": todo}))
    parts = {"inputs": todo, "probe": todo}
    with pytest.raises(TypeError, match=r"'Half' is visible: it needs the function compare\(answer, …\), too"):
        checks.check("Half")(type("Half", (), parts))
    with pytest.raises(TypeError, match=r"'Half' is visible: its compare\(answer, …\) can not know"):
        checks.check("Half")(type("Half", (), parts | {"compare": lambda answer, expected: None}))


@pytest.fixture
def shown(monkeypatch):
    """What a notebook displays."""
    displayed = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    monkeypatch.setattr(checks, "_outcomes", {})
    return displayed


def run_visible(title: str, answer: int) -> None:
    """A check as it stands in a notebook, of a learner whose answer should be 1."""

    def compare(found):
        checks.equal(found, 1, "one <b>thing</b>")

    parts = {"inputs": lambda rng: {}, "probe": lambda: answer, "compare": compare}
    checks.check(title)(type("Check", (), parts))


def test_in_a_notebook_a_check_runs_where_it_stands(shown, capsys):
    run_visible("First", 1)
    run_visible("Second", 2)
    assert [outcome.passed for outcome in shown] == [True, False]
    assert "<strong>✓ First</strong><br>1 point<" in shown[0]._repr_html_()
    assert "<strong>✗ Second</strong><br>Your answer is 2: expected is one &lt;b&gt;" in shown[1]._repr_html_()
    assert checks.passed("First") and not checks.passed("First", "Second") and not checks.passed("Third")
    checks.summary()
    assert capsys.readouterr().out == "1 of 2 points in the checks you can see\nopen: Second\n"
    run_visible("Second", 1)
    checks.summary()
    assert capsys.readouterr().out == "2 of 2 points in the checks you can see\n"


def test_a_hidden_check_does_not_run_in_a_notebook(shown):
    checks.check("Hidden", hidden=True)(type("Hidden", (), {"inputs": todo, "probe": todo}))
    assert shown == []
