"""MyST Markdown to the plain Markdown that JupyterLab and Colab show: directives become quotes, lists and tables."""

import functools
import posixpath
import re
import string
from collections.abc import Callable
from typing import Any

from pybtex.database import Entry, parse_file

from tools import quizzes
from tools.errors import BuildError
from tools.paths import ROOT, document, written_in
from tools.settings import site_url
from utils import results
from utils.runtime import FRAMEWORKS

TITLED = {"admonition"}  # its argument is a title; that of the others is their first line
NAMED = {"note": "Note", "tip": "Tip", "warning": "Warning", "important": "Important", "seealso": "See also"}

MARKS = r"`{3,}(?=[^`]*$)|~{3,}|:{3,}(?= *\{)|\$\$$"
FENCE = re.compile(rf"(?P<indent> *)(?P<marks>{MARKS}) *(?:\{{(?P<name>[^}}]*)\}})? *(?P<argument>.*)$")
VANISHING = re.compile(r"%|\([\w:-]+\)=$")  # comments and link targets
SPAN = r"(?:\{(?P<role>[\w:-]+)\})?(?<!`)(?P<ticks>`+)(?!`)(?P<text>.+?)(?<!`)(?P=ticks)(?!`)"
LINK = r"(?P<opening>\[?)\]\((?P<target>[^()\s:]+)\.md(?P<anchor>#[\w-]+)?\)"
INLINE = re.compile(f"{SPAN}|{LINK}", re.DOTALL)


def convert(text: str, page: str) -> str:
    """Plain Markdown of a Markdown cell of `page` (part/page), against which its links are resolved.

    Raises:
        BuildError: a directive or role that has no plain form, or one that is written wrong; named with the page.
    """
    try:
        plain = "\n".join(_blocks(text.split("\n"), page)).strip()
    except BuildError as error:
        raise BuildError(f"{written_in(page)}: {error}") from None
    return re.sub("\n{3,}", "\n\n", plain)  # where something was left out


def _blocks(lines: list[str], page: str) -> list[str]:
    """Convert fenced blocks as a whole, and what lies between them paragraph by paragraph."""
    output, place = [], 0
    while place < len(lines):
        if fence := FENCE.match(lines[place]):
            end = _closing(lines, place, fence["marks"])
            before = [""] if fence["name"] and output and output[-1].strip() else []
            after = [""] if fence["name"] and "".join(lines[end + 1 : end + 2]).strip() else []
            output += [*before, *_fenced(fence, lines[place : end + 1], page), *after]
        else:
            end = place
            while lines[end].strip() and end + 1 < len(lines) and not FENCE.match(lines[end + 1]):
                end += 1
            kept = [line for line in lines[place : end + 1] if not VANISHING.match(line)]
            output += _inline("\n".join(kept), page).split("\n") if kept else []
        place = end + 1
    return output


def _closing(lines: list[str], start: int, marks: str) -> int:
    for place in range(start + 1, len(lines)):
        line = lines[place].strip()
        if line.startswith(marks) and not line.strip(marks[0]):
            return place
    raise BuildError(f"{lines[start].strip()!r} is never closed: end it with {marks!r} on a line of its own.")


def _fenced(fence: re.Match, lines: list[str], page: str) -> list[str]:
    """A block from its opening to its closing line: code and formulas as they are, a directive in its plain form."""
    if fence["name"] is None:
        return lines
    body = [line.removeprefix(fence["indent"]) for line in lines[1:-1]]
    plain = _directive(fence["name"], fence["argument"].strip(), body, page)
    return [f"{fence['indent']}{line}".rstrip() for line in plain]


def _directive(name: str, argument: str, body: list[str], page: str) -> list[str]:
    if name == "quiz":
        return _quiz(_or_build_error(quizzes.read, "\n".join(body)), page)
    while body and re.match(r":[\w-]+:", body[0]):  # options
        body = body[1:]
    if name == "dropdown":
        title = re.sub("`(.+?)`", r"<code>\1</code>", argument)
        return [f"<details><summary>{title}</summary>", "", *_blocks(body, page), "", "</details>"]
    if name in TITLED:
        return _quote(_inline(argument, page), body, page)
    if name in NAMED:
        return _quote(NAMED[name], [argument, *body], page)
    if name == "math":
        return ["$$", *filter(None, [argument, *body]), "$$"]
    if name == "result":
        return _result_table(argument)
    known = ", ".join(sorted({*TITLED, *NAMED, "dropdown", "quiz", "math", "result"}))
    raise BuildError(f"the directive {{{name}}} has no plain form for the notebooks: use one of {known}.")


def _quote(title: str, body: list[str], page: str) -> list[str]:
    text = "\n".join(_blocks(body, page)).strip("\n")
    return [f"> {line}".rstrip() for line in [f"**{title}**", "", *text.split("\n")]]


def _quiz(quiz: dict, page: str) -> list[str]:
    choices, answers = [], []
    for letter, choice in zip(string.ascii_uppercase, quiz["choices"]):
        verdict = "right" if choice.get("right") else "not quite"
        choices += _item(f"{letter}: {choice['text']}", page)
        answers += _item(f"{letter}: **{verdict}**. {choice['reason']}", page)
    question = "\n".join(_blocks(f"**Question.** {quiz['question']}".split("\n"), page))
    return [question, "", *choices, "", "<details><summary>Answers</summary>", "", *answers, "", "</details>"]


def _item(text: str, page: str) -> list[str]:
    """A list's item; its further lines, such as a block of code, are indented to stay in it."""
    first, *further = _blocks(text.strip().split("\n"), page)
    return [f"- {first}", *(f"  {line}".rstrip() for line in further)]


def _result_table(name: str) -> list[str]:
    result = _or_build_error(results.load, name)
    rows = [f"| {row.label} | {row.framework} | {row.band()} |" for row in result.rows]
    caption = f"*{result.title}; {result.date}, {result.machine}; `{result.command}`*"
    return [f"| | framework | {result.metric} |", "|---|---|---|", *rows, "", caption]


def _inline(text: str, page: str) -> str:
    """Roles and links between pages replaced; spans of code, which may show how to write a role, left alone."""

    def plain(match: re.Match) -> str:
        if match["opening"]:
            raise BuildError(f"the link to {match['target']}.md has no text: give it one.")
        if match["target"]:
            return f"]({_address(match['target'], page)}{match['anchor'] or ''})"
        if not match["role"]:
            return match[0]
        if match["role"] not in ROLES:
            known = ", ".join(ROLES)
            raise BuildError(f"the role {{{match['role']}}} has no plain form for the notebooks: use one of {known}.")
        return ROLES[match["role"]](" ".join(match["text"].split()))

    return INLINE.sub(plain, text)


def _address(target: str, page: str) -> str:
    """Where the site has a page; links are written from the page they stand on, or with / from the book's root."""
    place = posixpath.normpath(posixpath.join("/", posixpath.dirname(document(page)), target))
    return f"{site_url()}{place.lstrip('/')}.html"


def _result(text: str) -> str:
    name, *words = text.split()
    framework = words.pop() if words and words[-1] in FRAMEWORKS else None
    return _or_build_error(_or_build_error(results.load, name).row, " ".join(words), framework).band()


@functools.cache
def _bibliography() -> dict[str, Entry]:
    return dict(parse_file(str(ROOT / "references.bib")).entries)


def _or_build_error(function: Callable[..., Any], *arguments: str) -> Any:
    """What the function returns; what it has to complain of becomes a BuildError, which names the page on its way."""
    try:
        return function(*arguments)
    except (ValueError, KeyError, FileNotFoundError) as error:
        raise BuildError(error.args[0]) from None


def _cited(keys: str, form: str) -> list[str]:
    """Authors and year of each of the keys, in a form with {who} and {year}."""
    cited = []
    for key in re.split(r"\s*,\s*", keys.strip()):
        if key not in _bibliography():
            raise BuildError(f"the bibliography has no entry {key!r}: add it to references.bib.")
        entry = _bibliography()[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = ["".join(map(str, person.rich_last_names)) for person in people]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or entry.fields.get("title", key)
        cited.append(form.format(who=who, year=entry.fields.get("year", "n.d.")))
    return cited


ROLES: dict[str, Callable[[str], str]] = {
    "source": lambda text: f"*({text})*",
    "value": lambda text: f"*(“{text}”, as printed)*",
    "result": _result,
    "cite:t": lambda keys: ", ".join(_cited(keys, "{who} ({year})")),
    "cite:p": lambda keys: f"({'; '.join(_cited(keys, '{who}, {year}'))})",
    "math": lambda text: f"${text}$",
}
