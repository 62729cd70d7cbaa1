import dataclasses
from textwrap import dedent

import pytest

from tools import plain_markdown, quizzes
from tools.errors import BuildError
from tools.settings import site_url
from utils import results

QUIZ = """\
question: What does {math}`f` print? {source}`S2 listing 5-1`
choices:
  - {text: "`1`", right: true, reason: "As [above](pooling.md)."}
  - text: |
      Two lines:
      ```python
      print("{value}`x`")
      ```
    reason: "That is *too* much."
"""


def convert(text: str) -> str:
    return plain_markdown.convert(dedent(text).strip("\n"), "foundations/convolution")


@pytest.fixture
def measured(book):
    """A result of two rows in the fixture book."""
    row = {"values": (0.98, 0.99), "seeds": (0, 1), "seconds": (1.0, 1.0)}
    rows = (results.Row("small net", "keras", **row), results.Row("small net", "torch", **row))
    facts = {field.name: "" for field in dataclasses.fields(results.Result)}
    facts |= {
        "name": "recipes",
        "title": "Two nets",
        "metric": "accuracy",
        "unit": "%",
        "rows": rows,
        "machine": "2 cores",
    }
    facts |= {
        "date": "2026-01-02",
        "command": "python -m tools results recipes",
        "data": {},
        "versions": {},
        "code": {},
    }
    results.save(results.Result(**facts))


# What is left alone


@pytest.mark.parametrize(
    "text",
    [
        "Plain *words*, $x^2$, a [link](https://example.org/a.md) and `code`.",
        "| a | b |\n|---|---|\n| `x|y` | $2$ |",
        "$$\n\\text{output} = 1\n% not a comment of ours\n$$",
        "```\n{value}`x` in a block of code\n% stays\n(label)=\n:::{note}\n```",
        "````\n```{quiz}\nnot: a quiz\n```\n````",
        "~~~text\n```{note}\n~~~",
        "- an item\n\n  ```python\n  f = '{value}`x`'\n  ```",
        "Write `` {value}`x` `` or `:::{note}` to get it.",
        "A lone ` backtick.\n\nAnd another ` here.",
    ],
)
def test_plain_markdown_is_left_as_it_is(text):
    assert plain_markdown.convert(text, "page") == text


def test_comments_and_link_targets_vanish():
    assert convert("(here)=\n# Title\n% a comment\nWords.\n%another") == "# Title\nWords."
    assert convert("% only a comment") == ""


# Directives


def test_admonitions_become_quotes_also_one_in_the_other():
    text = """
        ::::{admonition} Predict {math}`x` first
        :class: tip

        How *many*?

        :::{note} Beginning on its first line,
        and going on.
        :::

        ```python
        x = "{math}`y`"
        ```
        ::::
        After.
        """
    expected = """
        > **Predict $x$ first**
        >
        > How *many*?
        >
        > > **Note**
        > >
        > > Beginning on its first line,
        > > and going on.
        >
        > ```python
        > x = "{math}`y`"
        > ```

        After.
        """
    assert convert(text) == dedent(expected).strip()


def test_what_is_left_out_leaves_no_gap():
    assert convert("One.\n\n% a comment\n\n\n\nTwo.") == "One.\n\nTwo."


def test_backticks_and_colons_fence_the_same_directives():
    assert convert("```{tip}\nWords.\n```") == convert(":::{tip}\nWords.\n:::") == "> **Tip**\n>\n> Words."
    assert convert("``` {seealso}\nWords.\n`````") == "> **See also**\n>\n> Words."
    assert convert(":::{admonition} A `title`\n:open:\nWords.\n:::") == "> **A `title`**\n>\n> Words."
    folded = "<details><summary>A <code>title</code></summary>\n\nWords.\n\n</details>"
    assert convert(":::{dropdown} A `title`\n:open:\nWords.\n:::") == folded


def test_a_directive_in_a_list_stays_in_its_item():
    text = "- An item:\n\n  :::{note}\n  Words {math}`x`.\n  :::\n\n- Another."
    assert convert(text) == "- An item:\n\n  > **Note**\n  >\n  > Words $x$.\n\n- Another."


def test_a_quiz_shows_its_question_and_choices_and_folds_the_answers():
    assert convert(f"Before.\n\n````{{quiz}}\n{QUIZ}````") == dedent(f"""\
        Before.

        **Question.** What does $f$ print? *(S2 listing 5-1)*

        - A: `1`
        - B: Two lines:
          ```python
          print("{{value}}`x`")
          ```

        <details><summary>Answers</summary>

        - A: **right**. As [above]({site_url()}chapters/foundations/pooling.html).
        - B: **not quite**. That is *too* much.

        </details>""")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("question:", "frage:", "a quiz is incomplete"),
        ("right: true, ", "", "no choice of 'What does"),
        ("reason: \"That is *too* much.\"", "because: it is", "lacks its text or its reason"),
        ("right: true", "correct: true", "has 'correct'"),
        ("text: \"`1`\"", "text: \"`1`", "a quiz is no valid YAML"),
    ],
)  # fmt: skip
def test_a_wrong_quiz_is_explained(old, new, said):
    with pytest.raises(BuildError, match=rf"^chapters/foundations/convolution.md: .*{said}"):
        convert(f"````{{quiz}}\n{QUIZ.replace(old, new)}````")
    with pytest.raises(ValueError, match=said):
        quizzes.read(QUIZ.replace(old, new))


def test_a_formula_as_a_directive_becomes_dollars():
    assert convert("```{math}\n:label: size\nx = 1\n```") == convert("```{math} x = 1\n```") == "$$\nx = 1\n$$"


def test_a_result_becomes_a_table_or_a_band(measured):
    band = "98.50 ± 0.71 % (2 seeds)"
    assert convert("It reached {result}`recipes small net torch`.") == f"It reached {band}."
    table = convert("```{result} recipes\n```")
    assert f"| small net | keras | {band} |\n| small net | torch | {band} |" in table
    assert table.endswith("*Two nets; 2026-01-02, 2 cores; `python -m tools results recipes`*")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{result}`nothing net keras`", "There is no result 'nothing'"),
        ("{result}`recipes large net torch`", "name one of its rows, small net"),
        ("{result}`recipes small net`", "name one of its rows, small net"),
        ("```{result} nothing\n```", "There is no result 'nothing'"),
    ],
)
def test_a_result_that_is_not_there_is_named(measured, text, said):
    with pytest.raises(BuildError, match=f"^chapters/foundations/convolution.md: .*{said}"):
        convert(text)


@pytest.mark.parametrize("name", ["figure", "code-cell", "table-of-contents"])
def test_an_unknown_directive_is_named_at_every_depth(name):
    said = (
        rf"^chapters/foundations/convolution.md: the directive {{{name}}} has no plain form .*: use one of admonition, "
    )
    for text in (
        f"```{{{name}}} x\n```",
        f"- item\n\n  ```{{{name}}}\n  ```",
        f"::::{{note}}\n:::{{{name}}}\n:::\n::::",
    ):
        with pytest.raises(BuildError, match=said):
            convert(text)


def test_a_directive_without_an_end_is_named():
    with pytest.raises(BuildError, match=r"':::\{note\} Words' is never closed: end it with ':::'"):
        convert(":::{note} Words\nand more")


# Roles and links


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("{source}`S4 erratum test-selection`", "*(S4 erratum test-selection)*"),
        ("| all | {value}`test accuracy` |", "| all | *(“test accuracy”, as printed)* |"),
        ("{math}`x_{1}` and {math}`` y ``", "$x_{1}$ and $y$"),
        ("Broken {source}`S2\nlisting 5-1` over lines", "Broken *(S2 listing 5-1)* over lines"),
        ("{cite:t}`lecun1998gradient` wrote it.", "LeCun et al. (1998) wrote it."),
        ("So {cite:p}`lecun1998gradient, hubel1962receptive`.", "So (LeCun et al., 1998; Hubel and Wiesel, 1962)."),
    ],
)
def test_roles_become_plain_text(book, text, plain):
    assert convert(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("[pooling](pooling.md)", "[pooling]({}chapters/foundations/pooling.html)"),
        ("[the `fit`](../training/first-convnet.md#fit)", "[the `fit`]({}chapters/training/first-convnet.html#fit)"),
        ("[start](/chapters/intro.md)", "[start]({}chapters/intro.html)"),
    ],
)
def test_links_between_pages_lead_to_the_site(text, plain):
    assert convert(text) == plain.format(site_url())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{ref}`x`",
            r"the role \{ref\} has no plain form .*: use one of source, value, result, cite:t, cite:p, math",
        ),
        ("{cite:t}`nobody2020`", "the bibliography has no entry 'nobody2020': add it to references.bib"),
        ("[](pooling.md)", "the link to pooling.md has no text: give it one"),
    ],
)
def test_a_role_or_link_that_cannot_be_shown_is_named(book, text, said):
    with pytest.raises(BuildError, match=f"^chapters/foundations/convolution.md: {said}"):
        convert(f"Words and {text}.")
