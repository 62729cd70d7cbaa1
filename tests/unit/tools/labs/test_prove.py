"""The proof of a lab finds what is wrong with it: solutions, stubs, wrong answers, other right ones."""

import pytest

from tools.labs.prove import prove

SOLUTION = "return numbers.sum() / numbers.size"


def problems(lab) -> list[str]:
    """What the proof finds."""
    return [problem for row in prove(lab, "torch") for problem in row.problems]


def test_a_lab_that_is_right_is_proved(changed):
    (row,) = prove(changed(), "torch")
    assert (row.exercise, row.points, row.checks, row.wrong, row.right, row.problems) == ("average", 2, 2, 5, 1, [])


@pytest.mark.parametrize(
    "pairs, said",
    [
        (
            [(SOLUTION, "return numbers.sum() / 12.5")],
            "the solution fails: ✗ Three rows of four numbers: your answer is ",
        ),
        ([("# BEGIN SOLUTION\n", "return numbers.mean()\n    # BEGIN SOLUTION\n")], "the stub passes 'Any array'"),
        ([("numbers.size - 1)", "numbers.size - 0)")], "the wrong answer 'one number too few' is accepted"),
        ([("numbers.mean()", "numbers.max()")], 'the other right way "NumPy\'s own" is rejected: your answer is '),
        ([("np.median", "np.middle")], None),
        (
            [("np.median", "numpy.median")],
            "the wrong answer 'the median' has a misprint: your code stopped with NameError",
        ),
        (
            [("says: the number of rows", "says: a flipped kernel")],
            "is not told 'a flipped kernel', but: you divided by",
        ),
        (
            [('replace: "numbers.sum()"', 'replace: "numbers"')],
            "one mean a row': 'numbers' stands 4 times in the solution",
        ),
        (
            [("        return np.median(numbers)", "        return (")],
            "the wrong answer 'the median' does not run: SyntaxError",
        ),
        ([('"Any array"', '"Three rows of four numbers"')], "two checks are called 'Three rows of four numbers'"),
    ],
)
def test_what_is_wrong_with_a_lab_is_found(changed, pairs, said):
    found = problems(changed(*pairs))
    assert any(said in problem for problem in found) if said else found == []


def test_a_rejection_must_not_be_luck(changed):
    def wrong_for(count):
        return ("numbers.size - 1)", f"numbers.size - (numbers.size == {count}))")

    assert problems(changed(wrong_for(12))) == []  # seen by the check that learners see
    # The hidden check draws 8 numbers with the first two seeds, 16 with the third.
    assert problems(changed(wrong_for(8))) == ["the wrong answer 'one number too few' is accepted"]


def test_the_stub_of_an_answer_outside_of_a_function_passes_nothing(text):
    from tools.labs import source

    text = text.replace(
        'def average(numbers):\n    """The mean of all numbers."""\n    # BEGIN SOLUTION\n',
        "# BEGIN SOLUTION: average = ...\n",
    )
    text = text.replace(f"    {SOLUTION}\n    # END", "average = np.mean\n# END")
    text = text.replace("return average(numbers)", "return average if average is ... else average(numbers)")
    kept = text.index("```{mutants}")
    text = text[:kept] + "```{mutants}\n- wrong: the sum\n  replace: np.mean\n  by: np.sum\n```\n"
    assert problems(source.read("small", text)) == []
