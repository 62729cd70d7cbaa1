"""Measured result bands: `results/NAME.json`, written by `python -m tools results NAME`, read by pages."""

import dataclasses
import json
import statistics
from pathlib import Path

from utils import provenance, writing

FOLDER = provenance.ROOT / "results"
KEYS = {"name", "title", "metric", "unit", "data", "rows", "machine", "versions", "date", "command", "code"}
ROW_KEYS = {"label", "framework", "values", "seeds", "seconds"}


@dataclasses.dataclass(frozen=True)
class Row:
    """One thing measured in one framework: a value and the seconds it took for each seed."""

    label: str
    framework: str
    values: tuple[float, ...]
    seeds: tuple[int, ...]
    seconds: tuple[float, ...]
    unit: str = "%"

    @property
    def mean(self) -> float:
        """Mean over the seeds; a fraction where the unit is "%"."""
        return statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """Sample standard deviation over the seeds (divided by n - 1); 0 for one seed."""
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    def band(self) -> str:
        """The row in words, such as "98.91 ± 0.08 % (5 seeds)"; one seed has no spread: "98.91 % (1 seed)"."""
        scale = 100 if self.unit == "%" else 1
        count = len(self.values)
        around = f" ± {scale * self.spread:.2f}" if count > 1 else ""
        return f"{scale * self.mean:.2f}{around} {self.unit} ({count} seed{'s' if count > 1 else ''})"


@dataclasses.dataclass(frozen=True)
class Result:
    """One measurement: its rows, and what, where, when and how it was measured.

    `data` is {"name", "source", "checksum"}; `code` maps each file the numbers depend on to a SHA-256.
    """

    name: str
    title: str
    metric: str
    unit: str
    data: dict[str, str]
    rows: tuple[Row, ...]
    machine: str
    versions: dict[str, str]
    date: str
    command: str
    code: dict[str, str]

    def row(self, label: str, framework: str | None = None) -> Row:
        """The row of this label; `framework` may be left out where only one framework has it.

        Raises:
            KeyError: there is no such row, or more than one.
        """
        found = [row for row in self.rows if row.label == label and framework in (None, row.framework)]
        if len(found) != 1:
            there = "; ".join(f"{row.label} ({row.framework})" for row in self.rows)
            wanted = f"{label} ({framework})" if framework else label
            raise KeyError(f"{self.name} has {len(found)} rows {wanted!r}: name one of its rows, {there}.")
        return found[0]


def names() -> list[str]:
    """The measurements there are results of, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json") if path.name != "schema.json")


def load(name: str) -> Result:
    """Read `results/NAME.json` and note that this process used it.

    Raises:
        FileNotFoundError: it has not been measured.
        ValueError: the file is broken or incomplete.
    """
    path = FOLDER / f"{name}.json"
    if name not in names():
        there = ", ".join(names()) or "none yet"
        raise FileNotFoundError(
            f"There is no result {name!r} (there are: {there}): run `python -m tools results {name}`."
        )
    result = _parse(path)
    provenance.note_file(path)
    return result


def _parse(path: Path) -> Result:
    try:
        facts = json.loads(path.read_text("utf8"))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path.name} is no valid JSON ({error}): run `python -m tools results {path.stem}` again."
        ) from None
    missing = KEYS - set(facts) or {key for row in facts["rows"] for key in ROW_KEYS - set(row)}
    if missing:
        raise ValueError(
            f"{path.name} lacks {', '.join(sorted(missing))}: run `python -m tools results {path.stem}` again."
        )
    rows = tuple(Row(**{key: _frozen(row[key]) for key in ROW_KEYS}, unit=facts["unit"]) for row in facts["rows"])
    return Result(**{key: facts[key] for key in KEYS} | {"rows": rows})


def _frozen(value):
    return tuple(value) if isinstance(value, list) else value


def save(result: Result) -> Path:
    """Write `results/NAME.json` in one step: a reader sees the old file or the new one, never a half."""
    facts = dataclasses.asdict(result)
    for row in facts["rows"]:
        del row["unit"]  # the result's own, written once
    path = FOLDER / f"{result.name}.json"
    write_atomically(path, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
    return path


def write_atomically(path: Path, text: str) -> None:
    """Write a UTF-8 file whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing.whole(path) as part:
        part.write_text(text, "utf8")
