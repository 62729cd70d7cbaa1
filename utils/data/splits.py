"""Lists of the files to train on, to validate on and to test on, so that no picture is in two of them."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np

from utils import results, shapes
from utils.data.scans import Scan, printable

PARTS = ("train", "validation", "test")
FILE = "split.json"


@dataclass(frozen=True, repr=False)
class Split:
    """Paths relative to the folder that was scanned, with "/", sorted; their first folder is the class.

    `left_out` holds groups of files that show the same picture under different classes: one of the labels is wrong, and
    nobody but you can say which. In training such a picture teaches both answers; in a test no model can get it right.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    left_out: tuple[tuple[str, ...], ...]
    seed: int

    def __repr__(self) -> str:
        train, validation, test = (f"{len(getattr(self, part)):,}" for part in PARTS)
        counts = f"{train} files to train on, {validation} to validate on, {test} to test on"
        if not self.left_out:
            return counts
        groups = "; ".join(" = ".join(map(printable, group)) for group in self.left_out)
        return f"{counts}\nleft out, because the same picture has two labels: {groups}"

    def save(self, place: str | os.PathLike) -> Path:
        """Write the lists as JSON, whole or not at all, to this file or to `split.json` in this folder; give its path.

        JSON, because names may hold line breaks.
        """
        path = Path(place) / FILE if Path(place).is_dir() else Path(place)
        results.write_atomically(path, json.dumps(asdict(self), indent=1) + "\n")
        return path

    @classmethod
    def load(cls, place: str | os.PathLike) -> "Split":
        """What `save` wrote to this place.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: the file was not written by `save`, names a file twice, or names one outside the folder.
        """
        path = Path(place) / FILE if Path(place).is_dir() else Path(place)
        try:
            facts = json.loads(path.read_text("utf8"))
            lists = {part: _paths(facts[part]) for part in PARTS}
            left_out = tuple(_paths(group) for group in facts["left_out"])
            if len({*chain(*lists.values(), *left_out)}) < sum(map(len, (*lists.values(), *left_out))):
                raise ValueError("a file stands in it twice")
            return cls(**lists, left_out=left_out, seed=shapes.whole("seed", facts["seed"], 0))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} is no split that `save` wrote ({error}): make it again with `split`.") from error


def split(scan: Scan, *, validation: float = 0.2, test: float = 0.2, seed: int = 0) -> Split:
    """Deal the usable files of each class to train, validation and test, the same for the same scan and seed.

    Files that are duplicates or near-duplicates of each other stay together, and large groups are dealt first, which
    mostly puts them into train: in a test, the same photo twice would count twice. In each class, each part's share is
    exact but for less than the class's largest group (one file where there are no duplicates); only where a part
    would stay empty it gets the smallest group. Files outside any class are not dealt.

    Args:
        validation, test: shares of each class from 0, for no such part, up to 1 together; train gets what is left.
        seed: any whole number from 0.

    Raises:
        ValueError: the shares are impossible, there are fewer than two classes, or a class has too few different
            pictures to give one to each part.
    """
    shares = _shares(validation, test)
    rng = np.random.default_rng(shapes.whole("seed", seed, 0))
    groups, left_out = _groups(scan)
    if len(groups) < 2:
        there = f"{len(groups)} class{'' if len(groups) == 1 else 'es'}"
        raise ValueError(f"{scan.path} holds {there}: a split needs two at least, each in a folder of its own.")
    dealt = {part: [] for part in PARTS}
    for name, members in groups.items():
        if len(members) < len(shares):
            raise ValueError(
                f"Class {name!r} has {len(members)} different usable pictures, too few for {len(shares)} parts: "
                f"add some, or set validation or test to 0."
            )
        for part, chosen in _dealt([members[number] for number in rng.permutation(len(members))], shares).items():
            dealt[part] += [path for group in chosen for path in group]
    return Split(**{part: tuple(sorted(paths)) for part, paths in dealt.items()}, left_out=left_out, seed=int(seed))


def _shares(validation: float, test: float) -> dict[str, float]:
    """The share of each part that is to get anything."""
    shares = {"train": 1 - validation - test, "validation": validation, "test": test}
    if not (validation >= 0 and test >= 0 and shares["train"] > 1e-9):  # written so that NaN is refused, too
        raise ValueError(
            f"validation={validation} and test={test} leave nothing to train on, or are no shares: "
            f"give two numbers from 0 that are less than 1 together."
        )
    return {part: share for part, share in shares.items() if share}


def _groups(scan: Scan) -> tuple[dict[str, list[tuple[str, ...]]], tuple[tuple[str, ...], ...]]:
    """The groups of each class, of one file or several that show the same; and those that lie in several classes."""
    class_of = {record.path: record.class_name for record in scan if record.usable}
    alone = set(class_of).difference(*scan.groups)
    groups, left_out = {name: [] for name in scan.classes}, []
    for group in sorted([*scan.groups, *((path,) for path in alone)]):
        classes = {class_of[path] for path in group}
        if len(classes) > 1:
            left_out.append(group)
        else:
            groups[classes.pop()].append(group)
    return groups, tuple(left_out)


def _dealt(groups: Sequence[tuple[str, ...]], shares: dict[str, float]) -> dict[str, list[tuple[str, ...]]]:
    """Each group to the part that lacks most; then one to each empty part, from the part most over its share."""
    count = sum(map(len, groups))
    lacking = {part: share * count for part, share in shares.items()}
    dealt = {part: [] for part in shares}
    for group in sorted(groups, key=len, reverse=True):  # stable: equal sizes stay in their random order
        part = max(lacking, key=lacking.get)
        dealt[part].append(group)
        lacking[part] -= len(group)
    for part in (part for part in shares if not dealt[part]):
        giver = min((giver for giver in shares if len(dealt[giver]) > 1), key=lacking.get)
        dealt[part].append(dealt[giver].pop())  # the smallest, as they were dealt in order of size
        lacking[giver] += len(dealt[part][0])
        lacking[part] -= len(dealt[part][0])
    return dealt


def _paths(names: list[str]) -> tuple[str, ...]:
    """These names as a tuple. ValueError if they are no list of paths that stay in the folder."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{names!r:.40} is no list of paths")
    for name in names:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise ValueError(f"{name!r} leads out of the folder")
    return tuple(names)
