"""What a scan of a folder of class folders found: one record a file, and tables of them."""

import collections
import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from utils import images

TINY = 32  # pixels: a picture with a shorter side says little of what a photo shows; those of CIFAR-10 have 32
KINDS = {
    "unreadable": "can not be opened, is no ordinary file, or holds numbers that stand for no known brightness",
    "empty": "has no bytes",
    "not an image": "does not begin like a picture of a known format, whatever its name says",
    "truncated": "begins like a picture, but is cut short or damaged",
    "huge": f"has more than {images.MAX_PIXELS:,} pixels by its header, and was not decoded",
    "outside any class": "lies directly in the folder that was scanned, is hidden, or lies in a hidden folder",
    "duplicate": "has the same bytes as an earlier file",
    "near-duplicate": "shows nearly the same as another file",
    "tiny": f"has a side of less than {TINY} pixels",
    "wrong suffix": "has a name that promises another format, or none",
    "animated": "has several frames, of which the first is taken",
    "CMYK": "has the four colors of printing, which become RGB",
    "palette": "has a table of colors, which become RGB",
    "EXIF-rotated": "is turned upright by its EXIF orientation",
    "good": "nothing is to be said of it",
}
"""What a file can be, the gravest first; a file can be several of these at once."""
UNUSABLE = frozenset({"unreadable", "empty", "not an image", "truncated", "huge", "outside any class"})
MOST_ROWS = 200  # of files in the table that notebooks show


@dataclass(frozen=True)
class Record:
    """One file: `path` relative to the folder that was scanned, with "/"; `width` and `height` as it is shown, upright.

    `findings` are kinds of `KINDS`, the gravest first, none for a good file; `detail` says more of them in words.
    `class_name` is "" outside any class; `format` is "" and the sides are 0 where they are not known.
    """

    path: str
    class_name: str
    findings: tuple[str, ...] = ()
    format: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    detail: str = ""

    @property
    def kind(self) -> str:
        """The gravest of the findings, or "good"."""
        return self.findings[0] if self.findings else "good"

    @property
    def usable(self) -> bool:
        """Whether the file belongs to a class and `utils.images.read` gives its picture."""
        return not UNUSABLE.intersection(self.findings)

    def with_finding(self, kind: str, detail: str = "") -> "Record":
        """This record with one more finding."""
        findings = sorted({*self.findings, kind}, key=list(KINDS).index)
        return replace(self, findings=tuple(findings), detail="; ".join(filter(None, (self.detail, detail))))


@dataclass(frozen=True, repr=False)
class Scan:
    """What `scan` found: iterate over it for the records, in the order of their paths; notebooks show it as a table.

    `groups` holds the paths of files that show the same, at least two each, whether in one class or in several.
    """

    path: Path
    classes: tuple[str, ...]
    records: tuple[Record, ...]
    groups: tuple[tuple[str, ...], ...]

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)

    def counts(self) -> dict[str, collections.Counter]:
        """How many files of each kind each class has, every file counted once, as its gravest; "" for outside."""
        counts = {name: collections.Counter() for name in self.classes}
        for record in self.records:
            counts.setdefault(record.class_name, collections.Counter())[record.kind] += 1
        return counts

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table)]
        lines = (
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])
            for row in table
        )
        return "\n".join([self._summary(), *lines])

    def _repr_html_(self) -> str:
        found = [record for record in self.records if record.findings]
        rows = [
            (printable(r.path), ", ".join(r.findings), r.format, f"{r.width} × {r.height}", f"{r.bytes:,}", r.detail)
            for r in found[:MOST_ROWS]
        ]
        more = len(found) - len(rows)
        caption = f"Files with findings{f' (the first {MOST_ROWS}; {more:,} more are in the scan)' if more else ''}"
        heads = ("file", "findings", "format", "width × height", "bytes", "detail")
        files = _html_table(caption, heads, rows) if rows else ""
        head, *counts = self._table()
        return _html_table(self._summary(), head, counts) + files

    def _summary(self) -> str:
        usable = sum(record.usable for record in self.records)
        files = f"{len(self):,} file{'s' if len(self) != 1 else ''}"
        classes = f"{len(self.classes)} class{'es' if len(self.classes) != 1 else ''}"
        return f"{printable(str(self.path))}: {files} in {classes}, {usable:,} usable"

    def _table(self) -> list[list[str]]:
        """A row of headings, then one for each class: its name, all its files, and those of each kind that occurs."""
        counts = self.counts()
        kinds = [kind for kind in reversed(KINDS) if any(count[kind] for count in counts.values())]
        table = [["class", "files", *kinds]]
        for name in sorted(counts, key=lambda name: (name == "", name)):
            numbers = [counts[name].total(), *(counts[name][kind] for kind in kinds)]
            table.append([printable(name) or "(outside any class)", *(f"{number:,}" for number in numbers)])
        return table


def printable(name: str) -> str:
    """A file's name on one line and in letters that every terminal takes: others as escapes, such as \\n or \\udcff."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def _html_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    caption = f"<caption>{html.escape(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
