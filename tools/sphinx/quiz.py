"""The `quiz` directive: a question whose every choice opens to say whether it is right, and why. Needs no script."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import quizzes
from tools.sphinx.elements import block, element, text


class Quiz(SphinxDirective):
    """A question as YAML: `question` and `choices`, each with `text`, `reason` and, where right, `right: true`."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return one group of question and choices."""
        try:
            quiz = quizzes.read("\n".join(self.content))
        except ValueError as problem:
            raise self.error(str(problem)) from None
        name = f"quiz-{self.env.new_serialno('quiz') + 1}"
        question = text("div", *self._inline(quiz["question"]), class_="quiz-question")
        question["ids"].append(name)
        self.set_source_info(question)
        choices = [block("li", self._choice(choice)) for choice in quiz["choices"]]
        answers = block("ol", *choices, class_="quiz-choices", type="A")
        return [block("div", question, answers, class_="quiz", role="group", aria_labelledby=name)]

    def _choice(self, choice: dict) -> element:
        summary = text("summary", text("span", *self._inline(choice["text"]), class_="quiz-text"))
        self.set_source_info(summary)
        right = bool(choice.get("right"))
        verdict = nodes.strong("", "Right. " if right else "Not quite. ")
        reason = text("div", verdict, *self._inline(choice["reason"]), class_="quiz-reason")
        self.set_source_info(reason)
        return block("details", summary, reason, class_="quiz-right" if right else "quiz-wrong")

    def _inline(self, markdown: str | float) -> list[nodes.Node]:
        """A text's inline nodes; YAML may have read a bare number where text was meant."""
        holder = nodes.Element()
        self.state.nested_parse(StringList(str(markdown).split("\n"), self.get_location()), self.content_offset, holder)
        return [node for child in holder.children for node in _unwrapped(child)]


def _unwrapped(node: nodes.Node) -> list[nodes.Node]:
    return list(node.children) if isinstance(node, nodes.paragraph) else [node]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("quiz", Quiz)
