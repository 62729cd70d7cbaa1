import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from utils import weights

SHAPES = {"conv1/kernel": (3, 3, 1, 2), "conv1/bias": (2,)}
GOOD = {name: np.ones(shape, "float32") for name, shape in SHAPES.items()}


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_float_becomes_float32(dtype):
    found = weights.checked({name: array.astype(dtype) for name, array in GOOD.items()}, SHAPES)
    assert list(found) == list(SHAPES)
    assert {array.dtype for array in found.values()} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("given_weights", "says"),
    [
        (None, "Weights are a NoneType: pass the dict"),
        (list(GOOD.values()), "Weights are a list"),
        ({}, "lack conv1/bias, conv1/kernel;"),
        ({**GOOD, "conv9/bias": GOOD["conv1/bias"]}, "hold conv9/bias, which it has not"),
        ({"conv1/kernel": GOOD["conv1/kernel"], "x": 1}, "lack conv1/bias, and hold x, which"),
        ({**GOOD, "conv1/bias": np.ones(3)}, r"conv1/bias has shape \(3,\) in these weights, but \(2,\) in the model"),
        ({**GOOD, "conv1/bias": np.array([1, 2])}, "conv1/bias is int64"),
        ({**GOOD, "conv1/bias": np.array(["a", "b"])}, "conv1/bias is <U1"),
        ({**GOOD, "conv1/bias": [0.5, np.nan]}, "conv1/bias holds NaN or infinity"),
        ({**GOOD, "conv1/bias": [0.5, -np.inf]}, "conv1/bias holds NaN or infinity"),
    ],
    ids=["none", "list", "empty", "surplus", "both", "shape", "integers", "text", "nan", "infinity"],
)
def test_what_does_not_fit_is_named(given_weights, says):
    with pytest.raises(ValueError, match=says):
        weights.checked(given_weights, SHAPES)


tensors = arrays.arrays(np.float32, arrays.array_shapes(min_dims=0, max_dims=4, max_side=4))


@settings(max_examples=60)
@given(st.dictionaries(st.text("abc/._1", min_size=1), tensors, max_size=4))
def test_files_give_back_what_was_saved(tmp_path_factory, saved):
    path = tmp_path_factory.mktemp("saved") / "file"
    weights.save({name: array.T for name, array in saved.items()}, path)  # transposed: not stored row by row
    loaded = weights.load(path)
    assert loaded.keys() == saved.keys()
    for name, array in saved.items():
        np.testing.assert_array_equal(loaded[name], array.T)
    assert [file.name for file in path.parent.iterdir()] == ["file"], "no temporary file is left"


def test_saving_replaces_a_file_whole_or_not_at_all(tmp_path):
    path = tmp_path / "net.safetensors"
    weights.save(GOOD, path)
    with pytest.raises(ValueError):
        weights.save({"x": np.array(["no number"])}, path)
    assert weights.load(path).keys() == GOOD.keys()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("kept", [0, 4, 8, 60, -1], ids=lambda kept: f"{kept} bytes")
def test_truncated_files_are_refused_by_name(tmp_path, kept):
    path = tmp_path / "net.safetensors"
    weights.save(GOOD, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"net\.safetensors is no safetensors file .* or broken .*save_weights"):
        weights.load(path)


def test_a_header_that_claims_too_much_is_refused(tmp_path):
    content = bytearray(safetensors.numpy.save(GOOD))
    content[:8] = (2**62).to_bytes(8, "little")
    (tmp_path / "net.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.safetensors is no safetensors file"):
        weights.load(tmp_path / "net.safetensors")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file .*net\.safetensors"):
        weights.load(tmp_path / "net.safetensors")


@pytest.mark.parametrize(
    ("names", "phrase"), [("", ""), ("a", "a"), ("abcde", "a, b, c, d, e"), ("abcdefg", "a, b, c, d, e and 2 more")]
)
def test_long_lists_are_cut(names, phrase):
    assert weights.listed(names) == phrase


def test_a_file_that_can_not_be_written_leaves_nothing_behind(tmp_path):
    nowhere = tmp_path / "nowhere" / "w"
    for path, says in ((None, "path is a NoneType: give"), (tmp_path, "is a folder"), (nowhere, "There is no folder")):
        with pytest.raises(ValueError, match=says):
            weights.save(GOOD, path)
    weights.save(GOOD, tmp_path / "w.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
