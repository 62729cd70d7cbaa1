"""Splits of made-up scans: no group of equal pictures is cut, shares are right, and lists come back as they were."""

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.data import folders
from utils.data.scans import Record, Scan

examples = settings(max_examples=150)


def made_up(sizes: dict[str, list[int]], across: int = 0, bad: int = 1) -> Scan:
    """A scan of classes that have groups of these sizes, groups across the first two classes, and unusable files."""
    records, groups = [], []
    for name, counts in sizes.items():
        for number, count in enumerate(counts):
            paths = [f"{name}/{number} {copy}.jpg" for copy in range(count)]
            records += [Record(path, name) for path in paths]
            groups += [tuple(paths)] if count > 1 else []
        records += [Record(f"{name}/bad {number}.jpg", name, ("truncated",)) for number in range(bad)]
    for number in range(across):
        paths = tuple(f"{name}/across {number}.jpg" for name in list(sizes)[:2])
        records += [Record(path, path.split("/")[0], ("tiny",)) for path in paths]
        groups.append(paths)
    records.append(Record("outside.jpg", "", ("outside any class",)))
    records.sort(key=lambda record: record.path)
    return Scan(Path("photos"), tuple(sorted(sizes)), tuple(records), tuple(groups))


sizes = st.dictionaries(
    st.sampled_from(["cat", "dog", "Höhle 1", "x"]), st.lists(st.integers(1, 5), min_size=3, max_size=30), min_size=2
)
shares = st.sampled_from(
    [(0.2, 0.2), (0.1, 0.3), (0.5, 0.25), (0.0, 0.4), (0.3, 0.0), (0.0, 0.0), (0.01, 0.01), (0.45, 0.5)]
)


@examples
@given(sizes, st.integers(0, 3), shares, st.integers(0, 2**40))
def test_no_group_is_cut_and_nothing_is_lost(sizes, across, shares, seed):
    scan = made_up(sizes, across)
    split = folders.split(scan, validation=shares[0], test=shares[1], seed=seed)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    dealt = [path for part in parts.values() for path in part]
    assert len(dealt) == len(set(dealt))
    left_out = {path for group in split.left_out for path in group}
    assert set(dealt) | left_out == {record.path for record in scan if record.usable}
    assert left_out == {record.path for record in scan if "across" in record.path}
    assert not left_out & set(dealt)
    for group in scan.groups:
        assert sum(bool(set(group) & set(part)) for part in parts.values()) == (group not in split.left_out)
    assert all(list(part) == sorted(part) for part in parts.values())
    assert split == folders.split(scan, validation=shares[0], test=shares[1], seed=seed)


@examples
@given(sizes, shares, st.integers(0, 5))
def test_each_class_is_dealt_within_one_group_of_its_shares(sizes, shares, seed):
    split = folders.split(made_up(sizes), validation=shares[0], test=shares[1], seed=seed)
    wanted = {"train": 1 - sum(shares), "validation": shares[0], "test": shares[1]}
    for name, groups in sizes.items():
        got = {part: sum(path.startswith(f"{name}/") for path in getattr(split, part)) for part in wanted}
        assert all(bool(got[part]) == bool(share) for part, share in wanted.items())
        if all(share * sum(groups) >= max(groups) for share in wanted.values() if share):
            for part, share in wanted.items():
                assert abs(got[part] - share * sum(groups)) <= max(groups)


def test_without_duplicates_shares_are_exact():
    split = folders.split(made_up({"cat": [1] * 1000, "dog": [1] * 500}))
    for name, count in (("cat", 1000), ("dog", 500)):
        parts = (split.train, split.validation, split.test)
        assert [sum(path.startswith(name) for path in part) for part in parts] == [
            0.6 * count,
            0.2 * count,
            0.2 * count,
        ]


def test_large_groups_are_evened_out_by_single_files_and_go_to_train():
    split = folders.split(made_up({"cat": [1] * 80 + [10, 7, 3], "dog": [1] * 5}))
    assert [len(split.train), len(split.validation), len(split.test)] == [63, 21, 21]
    assert {"cat/80 9.jpg", "cat/81 6.jpg", "cat/82 2.jpg"} <= set(split.train)


def test_seeds_change_what_is_dealt_and_not_how_much():
    scan = made_up({"cat": [1] * 40, "dog": [2] * 20})
    first, second = folders.split(scan, seed=1), folders.split(scan, seed=2)
    assert first.test != second.test
    assert [len(first.train), len(first.validation), len(first.test)] == [
        len(second.train),
        len(second.validation),
        len(second.test),
    ]
    assert len({folders.split(scan, seed=seed).test for seed in range(20)}) == 20


def test_the_order_of_the_records_does_not_matter():
    scan = made_up({"cat": [1, 2, 3] * 5, "dog": [1] * 9}, across=2)
    turned = dataclasses.replace(scan, records=scan.records[::-1], groups=scan.groups[::-1])
    assert folders.split(scan) == folders.split(turned)


def test_the_smallest_class_gives_one_to_each_part():
    split = folders.split(made_up({"cat": [1, 1, 1], "dog": [1, 1, 1]}), validation=0.01, test=0.01)
    assert [len(split.train), len(split.validation), len(split.test)] == [2, 2, 2]


def test_pictures_with_two_labels_are_told():
    text = repr(folders.split(made_up({"cat": [1] * 5, "dog": [1] * 5}, across=1)))
    assert "two labels: cat/across 0.jpg = dog/across 0.jpg" in text
    assert "6 files to train on, 2 to validate on, 2 to test on" in text


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"validation": -0.1}, "validation=-0.1 and test=0.2"),
        ({"validation": 0.5, "test": 0.5}, "nothing to train on"),
        ({"test": 1.5}, "test=1.5"),
        ({"test": float("nan")}, "test=nan"),
        ({"test": float("inf")}, "test=inf"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"seed": 0.5}, "seed must be a whole number"),
    ],
    ids=str,
)
def test_impossible_wishes_are_refused(options, complaint):
    with pytest.raises(ValueError, match=complaint):
        folders.split(made_up({"cat": [1] * 9, "dog": [1] * 9}), **options)


@pytest.mark.parametrize(
    ("sizes", "complaint"),
    [
        ({}, "photos holds 0 classes"),
        ({"cat": [1] * 9}, "photos holds 1 class: a split needs two"),
        ({"cat": [1] * 9, "dog": [1, 1]}, "Class 'dog' has 2 different usable pictures, too few for 3 parts"),
        ({"cat": [1] * 9, "dog": [50]}, "Class 'dog' has 1 different"),
        ({"cat": [1] * 9, "dog": []}, "Class 'dog' has 0 different"),
    ],
    ids=["none", "one class", "two pictures", "one picture often", "empty class"],
)
def test_too_little_is_refused(sizes, complaint):
    with pytest.raises(ValueError, match=complaint):
        folders.split(made_up(sizes))


def test_two_pictures_are_enough_for_two_parts():
    split = folders.split(made_up({"cat": [1, 1], "dog": [1, 1]}), validation=0)
    assert (len(split.train), len(split.validation), len(split.test)) == (2, 0, 2)


def test_a_split_is_saved_and_loaded(tmp_path):
    names = ["line\nbreak", '"quoted"', "Katze ü 猫", "<script>", "\udcff"]
    scan = made_up({name: [1] * 5 for name in names}, across=2)
    split = folders.split(scan, seed=7)
    assert split.save(tmp_path) == tmp_path / "split.json"
    assert folders.Split.load(tmp_path) == split
    assert folders.Split.load(split.save(tmp_path / "new" / "lists.json")) == split
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["lists.json", "new", "split.json"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda facts: facts.pop("test"), "'test'"),
        (lambda facts: facts.update(train="cat/1.jpg"), "no list of paths"),
        (lambda facts: facts.update(train=[1]), "no list of paths"),
        (lambda facts: facts["test"].append(facts["train"][0]), "twice"),
        (lambda facts: facts["test"].append("../secret"), "leads out of the folder"),
        (lambda facts: facts["test"].append("/etc/passwd"), "leads out of the folder"),
        (lambda facts: facts["left_out"].append(facts["train"][:1]), "twice"),
        (lambda facts: facts.update(seed="x"), "seed"),
    ],
    ids=["missing", "text", "number", "twice", "parent", "absolute", "left out and in", "seed"],
)
def test_a_changed_file_is_refused(tmp_path, change, complaint):
    path = folders.split(made_up({"cat": [1] * 5, "dog": [1] * 5})).save(tmp_path)
    facts = json.loads(path.read_text("utf8"))
    change(facts)
    path.write_text(json.dumps(facts), "utf8")
    with pytest.raises(ValueError, match=rf"split.json is no split .*{complaint}"):
        folders.Split.load(path)


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b"\xff\xfe", b"3"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "split.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"split.json is no split"):
        folders.Split.load(tmp_path)


def test_a_missing_file_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        folders.Split.load(tmp_path)
