"""MyST Markdown to the plain Markdown that JupyterLab and Colab show: directives become quotes, lists and tables."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import PurePosixPath

import yaml
from pybtex.database import Entry, parse_file

from tools.errors import BuildError
from tools.paths import ROOT
from tools.settings import site_url
from utils import results

ADMONITIONS = {"admonition", "note", "tip", "warning", "important", "seealso", "dropdown"}
FENCE = re.compile(r"^(?P<marks>`{3,}|:{3,})\{(?P<name>[\w-]+)\}[ ]*(?P<argument>.*)$")
ROLE = re.compile(r"\{(?P<name>[\w:-]+)\}`(?P<text>[^`]+)`")
LINK = re.compile(r"\]\((?P<target>[^)\s:]+)\.md(?P<anchor>#[\w-]+)?\)")


def convert(text: str, slug: str) -> str:
    """Plain Markdown of a page's Markdown cell; `slug` is the page, against which its links are resolved.

    Raises:
        BuildError: a directive or role that has no plain form, named with the page.
    """
    lines = text.split("\n")
    return "\n".join(_blocks(lines, slug)).strip()


def _blocks(lines: list[str], slug: str) -> list[str]:
    output, place = [], 0
    while place < len(lines):
        fence = FENCE.match(lines[place])
        if fence:
            end = _closing(lines, place, fence["marks"], slug)
            output += _directive(fence["name"], fence["argument"], lines[place + 1 : end], slug)
            place = end + 1
        else:
            if not re.match(r"^(%( |$)|\([\w:-]+\)=$)", lines[place]):  # comments and link targets vanish
                output.append(_inline(lines[place], slug))
            place += 1
    return output


def _closing(lines: list[str], start: int, marks: str, slug: str) -> int:
    for place in range(start + 1, len(lines)):
        if lines[place].rstrip() == marks:
            return place
    raise BuildError(f"{slug}: the directive {lines[start]!r} is never closed: end it with {marks!r} on a line of its own.")


def _directive(name: str, argument: str, body: list[str], slug: str) -> list[str]:
    if name in ADMONITIONS:
        body = [line for line in body if not re.match(r"^:\w+:", line)]
        title = argument or name.capitalize()
        return ["", *(f"> {line}".rstrip() for line in [f"**{title}**", "", *_blocks(body, slug)]), ""]
    if name == "quiz":
        return _quiz(yaml.safe_load("\n".join(body)), slug)
    if name == "result":
        return _result_table(argument.strip())
    if name == "math":
        return ["$$", *body, "$$"]
    raise BuildError(f"{slug}: the directive {{{name}}} has no plain form for the notebooks: teach it to tools/plain_markdown.py.")


def _quiz(quiz: dict, slug: str) -> list[str]:
    answers = [
        f"- {chr(65 + index)}: **{'right' if choice.get('right') else 'not quite'}**. {_inline(choice['reason'], slug)}"
        for index, choice in enumerate(quiz["choices"])
    ]
    choices = [f"- {chr(65 + index)}: {_inline(choice['text'], slug)}" for index, choice in enumerate(quiz["choices"])]
    question = f"**Question.** {_inline(quiz['question'], slug)}"
    return ["", question, "", *choices, "", "<details><summary>Answers</summary>", "", *answers, "", "</details>", ""]


def _result_table(name: str) -> list[str]:
    result = results.load(name)
    rows = [f"| {row.label} | {row.framework} | {row.band()} |" for row in result.rows]
    caption = f"*{result.title}; {result.date}, {result.machine}; `{result.command}`*"
    return ["", f"| what | framework | {result.metric} |", "|---|---|---|", *rows, "", caption, ""]


def _inline(line: str, slug: str) -> str:
    def role(match: re.Match) -> str:
        name = match["name"]
        if name not in ROLES:
            raise BuildError(f"{slug}: the role {{{name}}} has no plain form for the notebooks: use {', '.join(ROLES)}.")
        return ROLES[name](match["text"])

    def link(match: re.Match) -> str:
        target = PurePosixPath("chapters", slug).parent / match["target"]
        return f"]({site_url()}{_normal(target)}.html{match['anchor'] or ''})"

    return LINK.sub(link, ROLE.sub(role, line))


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _result(text: str) -> str:
    name, *rest = text.split(" ")
    *label, framework = rest
    return results.load(name).row(" ".join(label), framework).band()


@cache
def _bibliography() -> dict[str, Entry]:
    return dict(parse_file(str(ROOT / "references.bib")).entries)


def _authors(keys: str, wrap: Callable[[str, str], str]) -> str:
    cited = []
    for key in re.split(r"\s*,\s*", keys.strip()):
        if key not in _bibliography():
            raise BuildError(f"The bibliography has no entry {key!r}: add it to references.bib.")
        entry = _bibliography()[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join(person.last_names) for person in people]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names) or entry.fields.get("title", key)
        cited.append(wrap(who, entry.fields.get("year", "n.d.")))
    return ", ".join(cited)


ROLES: dict[str, Callable[[str], str]] = {
    "source": lambda text: f"*({text})*",
    "value": lambda text: f"*(printed by a cell as “{text}”)*",
    "result": _result,
    "cite:t": lambda keys: _authors(keys, lambda who, year: f"{who} ({year})"),
    "cite:p": lambda keys: f"({_authors(keys, lambda who, year: f'{who}, {year}')})",
    "math": lambda text: f"${text}$",
    "doc": lambda text: re.sub(r"\s*<.*>$", "", text),
    "abbr": lambda text: text,
}
