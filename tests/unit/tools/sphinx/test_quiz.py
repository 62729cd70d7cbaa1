"""The quiz directive."""

import pytest

from tests.unit.tools.sphinx.conftest import Book

QUIZ = """```{quiz}
question: How many *outputs* does $7 - 3 + 1$ give?
choices:
  - {text: "`5`", right: true, reason: "One for each position of the window."}
  - {text: 4, reason: "You forgot the start at pixel 0: $7 - 3$."}
```"""


def test_each_choice_opens_to_its_verdict_in_words_and_its_reason(book: Book) -> None:
    book.page("page", QUIZ)
    assert book.build() == ""
    quiz = book.soup("page").select_one(".quiz")
    question = quiz.select_one(".quiz-question")
    assert quiz["role"] == "group"
    assert quiz["aria-labelledby"] == question["id"]
    assert question.select_one("em").get_text() == "outputs"
    assert question.select_one(".math")
    right, wrong = quiz.select("li > details")
    assert " ".join(right.get_text(" ").split()) == "5 Right. One for each position of the window."
    assert " ".join(wrong.get_text(" ").split()).startswith("4 Not quite. You forgot the start")
    assert right.select_one("summary code")


def test_several_quizzes_have_ids_of_their_own(book: Book) -> None:
    book.page("page", f"{QUIZ}\n\n{QUIZ}")
    assert book.build() == ""
    assert len({question["id"] for question in book.soup("page").select(".quiz-question")}) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", right: true", "", "right"),
        ('reason: "One for each position of the window."', 'note: "?"', "lacks its text or its reason"),
        ("question:", "ask:", "incomplete"),
        ("choices:", "choices: [", "YAML"),
    ],
)
def test_an_incomplete_quiz_names_page_and_line(book: Book, old: str, new: str, said: str) -> None:
    book.page("page", QUIZ.replace(old, new))
    complaint = book.build()
    assert "chapters/page.md" in complaint
    assert said in complaint
