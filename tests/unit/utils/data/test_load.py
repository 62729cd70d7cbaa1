"""Which source `load` takes, what it gives, what it says, and what it refuses."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from utils import provenance
from utils.data import Images, files, identity, load, twins

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
COMMAND = "python -m utils.data download mnist"


def test_splits_are_the_parts_of_the_published_files(tiny):
    tiny.put()
    training, held_out, test = (load("mnist", split=split) for split in ("train", "validation", "test"))
    np.testing.assert_array_equal(training.images[..., 0], tiny.images("train")[:30])
    np.testing.assert_array_equal(held_out.images[..., 0], tiny.images("train")[30:])
    np.testing.assert_array_equal(test.images[..., 0], tiny.images("t10k"))
    assert held_out.labels.tolist() == list(range(10))


@pytest.mark.parametrize("source", ["original", "twin"])
@pytest.mark.parametrize(("split", "count"), [("train", 30), ("validation", 10), ("test", 20)])
def test_both_sources_give_the_same_shapes(tiny, source, split, count):
    tiny.put()
    data = load("mnist", split=split, source=source)
    assert isinstance(data, Images)
    assert (data.images.shape, data.images.dtype) == ((count, 28, 28, 1), np.uint8)
    assert (data.labels.shape, data.labels.dtype) == ((count,), np.int64)
    assert (len(data), data.classes, data.name, data.split, data.source) == (
        count,
        tuple("0123456789"),
        "mnist",
        split,
        source,
    )
    assert data.images.flags.writeable
    assert data.labels.flags.writeable
    assert data.images.flags.c_contiguous


@pytest.mark.parametrize("source", ["original", "twin"])
def test_limit_takes_the_first(tiny, source):
    tiny.put()
    everything, few = load("mnist", source=source), load("mnist", source=source, limit=7)
    np.testing.assert_array_equal(few.images, everything.images[:7])
    np.testing.assert_array_equal(few.labels, everything.labels[:7])
    assert len(load("mnist", source=source, limit=1000)) == 30


def test_what_one_caller_changes_no_other_sees(tiny):
    tiny.put()
    for source in ("original", "twin"):
        before = load("mnist", source=source).images.copy()
        load("mnist", source=source).images[:] = 0
        np.testing.assert_array_equal(load("mnist", source=source).images, before)


def test_auto_takes_the_original_where_it_is_on_disk_and_else_the_twin(tiny):
    assert load("mnist").source == "twin"
    tiny.put(IMAGES, LABELS)
    assert load("mnist").source == "twin", "two of four files are not the data set"
    tiny.put()
    assert load("mnist").source == "original"


@pytest.mark.parametrize("variable", ["twin", "original", "auto", ""])
def test_the_variable_stands_in_for_auto_alone(tiny, monkeypatch, variable):
    tiny.put()
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", variable)
    assert load("mnist").source == (variable if variable in ("twin", "original") else "original")
    assert load("mnist", source="original").source == "original"
    assert load("mnist", source="twin").source == "twin"


def test_auto_says_once_which_it_was(tiny, capsys):
    load("mnist")
    load("mnist", split="test")
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "twin" in said
    assert COMMAND in said


def test_auto_says_that_it_is_the_original_without_naming_a_path(tiny, capsys):
    tiny.put()
    load("mnist")
    assert capsys.readouterr().out == "mnist: the original\n"


def test_the_line_does_not_depend_on_why_the_twin_was_taken(tiny, capsys, monkeypatch):
    load("mnist")
    missing = capsys.readouterr().out
    monkeypatch.setattr(sys.modules[Images.__module__], "_announced", set())
    tiny.put()
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "twin")
    load("mnist")
    assert capsys.readouterr().out == missing


def test_a_source_asked_for_by_name_says_nothing(tiny, capsys):
    tiny.put()
    load("mnist", source="original")
    load("mnist", source="twin")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("on_disk", [True, False])
def test_identity_is_what_load_notes(tiny, monkeypatch, on_disk):
    monkeypatch.setattr(provenance, "_data", {})
    if on_disk:
        tiny.put()
    load("mnist")
    source, checksum = identity("mnist")
    assert provenance.report()["data"] == {"mnist": {"source": source, "checksum": checksum}}
    assert source == ("original" if on_disk else "twin")


def test_identity_reads_no_picture(tiny, monkeypatch):
    tiny.put()
    (tiny.folder / IMAGES).write_bytes(b"not looked at")
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("a file is read"))
    assert identity("mnist") == ("original", tiny.dataset.checksum)


def test_a_missing_original_names_the_file_and_the_command(tiny):
    tiny.put(IMAGES)
    with pytest.raises(FileNotFoundError, match=f"{LABELS} is missing: get it with `{COMMAND}`"):
        load("mnist", source="original")


@pytest.mark.parametrize("source", ["auto", "original"])
@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_a_truncated_file_is_refused_by_name(tiny, source, name):
    tiny.put()
    (tiny.folder / name).write_bytes(tiny.content[name][:-7])
    with pytest.raises(ValueError, match=rf"{name} is broken \(it has .* bytes, .*\): replace it with `{COMMAND}`"):
        load("mnist", source=source)


def test_a_wrong_checksum_is_refused_by_name(tiny):
    tiny.put()
    content = bytearray(tiny.content[IMAGES])
    content[4] ^= 1  # the date in gzip's header: every picture would still be right
    (tiny.folder / IMAGES).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{IMAGES} is broken \(its checksum .*\): replace it with `{COMMAND}`"):
        load("mnist")


def test_a_change_after_the_first_load_is_noticed(tiny):
    tiny.put()
    load("mnist")
    content = tiny.content[IMAGES]
    (tiny.folder / IMAGES).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ValueError, match=IMAGES):
        load("mnist")


def test_files_of_another_set_are_refused_by_name(tiny):
    tiny.put()
    (tiny.folder / IMAGES).write_bytes(tiny.content["t10k-images-idx3-ubyte.gz"])
    with pytest.raises(ValueError, match=IMAGES):
        load("mnist")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damaged_original_ever_loads(tiny, data):
    name = data.draw(st.sampled_from([IMAGES, LABELS]))
    content = tiny.content[name]
    place = data.draw(st.integers(0, len(content) - 1))
    cut = content[:place]
    flipped = cut + bytes([content[place] ^ data.draw(st.integers(1, 255))]) + content[place + 1 :]
    tiny.put()
    (tiny.folder / name).write_bytes(data.draw(st.sampled_from([cut, flipped, flipped + b"\0"])))
    with pytest.raises(ValueError, match=name):
        load("mnist")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"name": "minst"}, "no data set 'minst': choose from mnist"),
        ({"split": "dev"}, "no split 'dev': choose from train, validation, test"),
        ({"source": "web"}, "source is 'web': choose from auto, original, twin"),
        ({"size": (32, 32)}, r"size is \(32, 32\), but all pictures of mnist are 28×28"),
        ({"limit": 0}, "limit is 0: give a whole number of pictures from 1"),
        ({"limit": -1}, "limit is -1"),
        ({"limit": 2.5}, "limit is 2.5"),
        ({"limit": True}, "limit is True"),
    ],
)
def test_wrong_arguments_are_refused(tiny, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        load(**({"name": "mnist"} | arguments))


def test_a_wrong_variable_is_refused(tiny, monkeypatch):
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "web")
    for ask in (load, identity):
        with pytest.raises(ValueError, match="LEARNING_TO_SEE_SOURCE is 'web': choose from auto, original, twin"):
            ask("mnist")


def test_labels_beyond_the_classes_are_refused(tiny, tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\1" + (20).to_bytes(4, "big") + bytes(range(20))))
    from utils.data import idx

    with pytest.raises(ValueError, match=r"labels.gz holds the label 19, but there are only 10 classes"):
        idx._labels(path, 20, 10)


def test_images_say_what_they_are_in_one_line(tiny):
    assert repr(load("mnist", source="twin", limit=5)) == "<mnist, train: 5 images of 28×28×1, 10 classes, twin>"


def test_a_twin_is_drawn_once(tiny, monkeypatch):
    first = load("mnist", source="twin")
    monkeypatch.setattr(twins, "_drawn", lambda *_: pytest.fail("drawn again"))
    np.testing.assert_array_equal(load("mnist", source="twin").images, first.images)
    (kept,) = files.twin_directory().iterdir()
    assert kept.name == f"mnist-train-{identity('mnist')[1][:16]}.npz"


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[: len(whole) // 2], lambda whole: b"", lambda whole: b"no archive"]
)
def test_a_damaged_cache_is_drawn_anew(tiny, damage):
    first = load("mnist", source="twin")
    (kept,) = files.twin_directory().iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    np.testing.assert_array_equal(load("mnist", source="twin").images, first.images)
    assert twins._kept(kept) is not None


def test_a_flipped_pixel_in_the_cache_is_noticed(tiny):
    first = load("mnist", source="twin")
    (kept,) = files.twin_directory().iterdir()
    content = bytearray(kept.read_bytes())
    content[5000] ^= 255
    kept.write_bytes(content)
    np.testing.assert_array_equal(load("mnist", source="twin").images, first.images)


def test_a_cache_that_can_not_be_written_does_not_stop_anyone(tiny, monkeypatch, tmp_path, capsys):
    (tmp_path / "occupied").write_text("a file where the folder should be")
    monkeypatch.setattr(files, "cache_directory", lambda: tmp_path / "occupied")
    assert len(load("mnist", source="twin")) == 30
    assert "can not be written" in capsys.readouterr().err


def test_nothing_half_written_stays_in_the_cache(tiny, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert len(load("mnist", source="twin")) == 30
    assert list(files.twin_directory().iterdir()) == []


def test_another_version_of_the_drawing_code_is_another_twin(tiny, monkeypatch):
    load("mnist", source="twin")
    monkeypatch.setattr(twins, "checksum", lambda dataset: "0" * 64)
    load("mnist", source="twin")
    assert len(list(files.twin_directory().iterdir())) == 2


def test_the_cache_folder_is_poochs():
    import pooch

    assert files.cache_directory() == Path(pooch.os_cache("learning-to-see"))


def test_the_module_is_light():
    heavy = {"torch", "keras", "tensorflow", "scipy", "pooch", "requests", "PIL"}
    code = f"import sys, utils.data; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=provenance.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
