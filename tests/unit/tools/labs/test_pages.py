"""The two pages made of a lab: what each of them shows, line for line where the source has it."""

from tools import editions
from tools.labs.pages import PLACEHOLDER, exercise_page, solution_page, stub, unmarked

SECRET = ("numbers.sum() / numbers.size", "Any array", "Why this is the answer", "the median", "SOLUTION")


def test_exercises_hold_nothing_that_is_secret(changed):
    page = exercise_page(changed())
    assert not [secret for secret in SECRET if secret in page]
    assert f'    """The mean of all numbers."""\n    {PLACEHOLDER}\n' in page
    assert "Three rows of four numbers" in page and ":tags: [check, hide-input]" in page
    assert "*1 point in the checks you see, 1 in hidden ones; about 5 minutes*" in page
    assert "\n# Lab: small\n" in page and "slug: labs/small/lab\n" in page


def test_the_solution_shows_code_and_explanation_but_no_mutants(changed):
    page = solution_page(changed())
    assert "return numbers.sum() / numbers.size" in page and "Why this is the answer" in page
    assert not [secret for secret in ("Any array", "the median", "SOLUTION", "explanation") if secret in page]
    assert "\n# Solution: Lab: small\n" in page and "slug: labs/small/solution\n" in page


def test_lines_stand_where_the_source_has_them(changed):
    lab = changed()
    for page in (exercise_page(lab), solution_page(lab)):
        assert page.count("\n") == lab.text.count("\n")
        assert page.split("\n").index("## What you have") == lab.text.split("\n").index("## What you have")


def test_both_are_pages_with_editions(changed):
    for page in (exercise_page(changed()), solution_page(changed())):
        notebook = editions.read_page(page)
        for framework in editions.FRAMEWORKS:
            sources = [cell.source for cell in editions.split(notebook, framework).cells]
            assert any("<details><summary>Hint: what to divide by</summary>" in source for source in sources)
            assert any('@checks.check("Three rows of four numbers")' in source for source in sources)


def test_a_stub_keeps_what_is_given_and_says_what_stands_in():
    code = "given = 1\n# BEGIN SOLUTION: answer = ...\nanswer = 2\n# END SOLUTION\nmore = 3"
    assert stub(code) == "given = 1\nanswer = ...\nmore = 3"
    assert unmarked(code) == "given = 1\nanswer = 2\nmore = 3"
    twice = "def f(x):\n    # BEGIN SOLUTION\n    if x:\n        return 1\n    # END SOLUTION\n"
    assert stub(twice + twice) == f"def f(x):\n    {PLACEHOLDER}\ndef f(x):\n    {PLACEHOLDER}\n"
