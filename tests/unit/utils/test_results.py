import json

import jsonschema
import pytest

from utils import provenance, results

SCHEMA = json.loads((results.FOLDER / "schema.json").read_text("utf8"))
ROWS = (
    results.Row("convnet", "keras", (0.99, 0.992, 0.991), (0, 1, 2), (10.0, 11.0, 12.0)),
    results.Row("convnet", "torch", (0.985,), (0,), (9.0,)),
    results.Row("dense", "torch", (0.97, 0.97), (0, 1), (1.0, 1.0)),
)
RESULT = results.Result(
    name="some-nets",
    title="Some nets",
    metric="accuracy on test",
    unit="%",
    data={"name": "mnist", "source": "twin", "checksum": "ab12"},
    rows=ROWS,
    machine="x86_64, 2 cores",
    versions={"python": "3.11.2", "numpy": "2.4.6"},
    date="2026-01-31",
    command="python -m tools results some-nets",
    code={"utils/defaults.py": "0" * 64},
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    return tmp_path


def test_mean_spread_and_band_by_hand():
    row = ROWS[0]
    assert row.mean == pytest.approx(0.991)
    assert row.spread == pytest.approx(0.001)  # deviations -1, 1, 0 thousandths; their squares' sum over n - 1 = 2
    assert row.band() == "99.10 ± 0.10 % (3 seeds)"
    assert ROWS[1].band() == "98.50 % (1 seed)"
    assert results.Row("time", "torch", (2.0, 4.0), (0, 1), (2.0, 4.0), "s").band() == "3.00 ± 1.41 s (2 seeds)"


def test_what_is_saved_is_loaded_and_noted(folder):
    path = results.save(RESULT)
    assert results.names() == ["some-nets"]
    assert results.load("some-nets") == RESULT
    assert path.resolve() in provenance._files
    assert [entry.name for entry in folder.iterdir()] == ["some-nets.json"]  # nothing unfinished is left


def test_what_is_saved_follows_the_schema(folder):
    jsonschema.validate(json.loads(results.save(RESULT).read_text("utf8")), SCHEMA)


@pytest.mark.parametrize("path", sorted(results.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_result_of_the_project_follows_the_schema(path):
    if path.name == "schema.json":
        return jsonschema.Draft202012Validator.check_schema(SCHEMA)
    facts = json.loads(path.read_text("utf8"))
    jsonschema.validate(facts, SCHEMA)
    assert facts["name"] == path.stem
    assert all(len(row["values"]) == len(row["seeds"]) == len(row["seconds"]) for row in facts["rows"])


def test_a_row_is_found_by_label_and_framework():
    assert RESULT.row("convnet", "torch") is ROWS[1]
    assert RESULT.row("dense") is ROWS[2]
    with pytest.raises(KeyError, match="0 rows 'dense \\(keras\\)'"):
        RESULT.row("dense", "keras")
    with pytest.raises(KeyError, match="2 rows 'convnet'"):
        RESULT.row("convnet")


def test_a_missing_result_names_the_command(folder):
    with pytest.raises(FileNotFoundError, match="python -m tools results never-measured"):
        results.load("never-measured")


@pytest.mark.parametrize("text", ['{"name": "bro', "[]", '{"name": "broken", "rows": []}'])
def test_a_broken_file_is_refused_by_name(folder, text):
    (folder / "broken.json").write_text(text)
    with pytest.raises(ValueError, match=r"broken\.json"):
        results.load("broken")


def test_a_row_without_its_seconds_is_refused(folder):
    path = results.save(RESULT)
    facts = json.loads(path.read_text("utf8"))
    del facts["rows"][1]["seconds"]
    path.write_text(json.dumps(facts))
    with pytest.raises(ValueError, match=r"some-nets\.json lacks seconds"):
        results.load("some-nets")


def test_the_schema_refuses_what_the_book_could_not_show():
    facts = {"name": "x", "rows": []}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(facts, SCHEMA)
