"""What a quiz is: read and checked here, for the pages (tools/sphinx/quiz.py) and the notebooks (plain_markdown.py)."""

import yaml

RULE = "a quiz has `question` and two or more `choices`, each with `text` and `reason`, one or more with `right: true`"


def read(text: str) -> dict:
    """A quiz of a page: {"question": …, "choices": [{"text": …, "reason": …, "right": True}, …]}.

    Raises:
        ValueError: the text is no YAML, or something is missing or unknown in it; one sentence says what.
    """
    try:
        quiz = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"a quiz is no valid YAML ({error}); {RULE}.") from None
    choices = quiz.get("choices") if isinstance(quiz, dict) and quiz.get("question") else None
    if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(choice, dict) for choice in choices):
        raise ValueError(f"a quiz is incomplete: {RULE}.")
    for choice in choices:
        if choice.get("text") in (None, "") or not choice.get("reason"):
            raise ValueError(f"the choice {choice.get('text', choice)!r} lacks its text or its reason; {RULE}.")
        if unknown := set(choice) - {"text", "reason", "right"}:
            raise ValueError(f"the choice {choice['text']!r} has {unknown.pop()!r}; {RULE}.")
    if not any(choice.get("right") for choice in choices):
        raise ValueError(f"no choice of {quiz['question']!r} is right; {RULE}.")
    return quiz
