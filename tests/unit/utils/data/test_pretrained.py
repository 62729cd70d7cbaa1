"""Where a network's published weights are found, what is said where they are not, and what a page notes of them."""

import dataclasses
import hashlib

import pytest

from utils import provenance
from utils.data import identity, load, originals, registry, weights_file
from utils.data.publications import File

CONTENT = b"\x89HDF\r\n\x1a\n" + bytes(range(200))
PUBLISHED, *CONVERTED = (
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5",
    *registry.WEIGHTS["mobilenet_v2"].conversions,
)


@pytest.fixture(params=["sha256", "md5"])
def small(request, tmp_path, monkeypatch):
    """A published file of few bytes in place of MobileNetV2's; returns its folder, which is empty."""
    digits = hashlib.new(request.param, CONTENT).hexdigest()
    file = File(PUBLISHED, len(CONTENT), digits if request.param == "sha256" else f"md5:{digits}")
    weights = dataclasses.replace(registry.WEIGHTS["mobilenet_v2"], files=(file,))
    monkeypatch.setitem(registry.WEIGHTS, "mobilenet_v2", weights)
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(provenance, "_data", {})
    folder = tmp_path / "data" / "weights"
    folder.mkdir(parents=True)
    return folder


def noted():
    return provenance.report()["data"]["mobilenet_v2"]


def test_the_published_file_is_found(small):
    (small / PUBLISHED).write_bytes(CONTENT)
    assert weights_file("mobilenet_v2") == small / PUBLISHED


@pytest.mark.parametrize("name", registry.WEIGHTS)
def test_what_is_missing_is_said_with_the_command_that_gets_it(small, name):
    with pytest.raises(FileNotFoundError) as error:
        weights_file(name)
    path = small / registry.WEIGHTS[name].files[0].name
    assert str(error.value) == f"{path} is missing: get it with `python -m utils.data download {name}`."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (CONTENT[:-1], r"it has 207 bytes, the published file 208"),
        (CONTENT + b"\0", r"it has 209 bytes, the published file 208"),
        (CONTENT[:-1] + b"\0", "its checksum is not that of the published file"),
        (b"", "it has 0 bytes"),
    ],
    ids=["truncated", "longer", "changed", "empty"],
)
def test_a_broken_file_is_refused_by_name(small, content, says):
    (small / PUBLISHED).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{PUBLISHED} is broken \({says}.*`python -m utils.data download mobilenet"):
        weights_file("mobilenet_v2")


@pytest.mark.parametrize("name", CONVERTED)
def test_the_same_weights_in_another_layout_will_do(small, name):
    (small / name).write_bytes(b"other bytes")
    assert weights_file("mobilenet_v2") == small / name
    found = originals.find(registry.WEIGHTS["mobilenet_v2"])
    assert (found.form, found.checksum) == ("converted", hashlib.sha256(b"other bytes").hexdigest())


def test_the_published_file_comes_first(small):
    for name in (PUBLISHED, *CONVERTED):
        (small / name).write_bytes(CONTENT)
    assert weights_file("mobilenet_v2") == small / PUBLISHED


def test_files_of_other_names_are_not_taken(small):
    for name in (f"{PUBLISHED}.part", "mobilenet_v2.h5", "squeezenet_0.35_224_notop.npz"):
        (small / name).write_bytes(CONTENT)
    with pytest.raises(FileNotFoundError):
        weights_file("mobilenet_v2")


@pytest.mark.parametrize("name", ["vgg19", "mnist", "", None])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(ValueError, match=r"no published weights .*: choose from vgg16, resnet18, mobilenet_v2, sq"):
        weights_file(name)


def test_weights_are_no_pictures():
    with pytest.raises(ValueError, match="vgg16 are weights of a network and no pictures"):
        load("vgg16")


def test_a_page_is_out_of_date_when_its_weights_appear_or_change(small):
    """What is noted is what `identity`, which the book asks, said then, and not what it says after a change."""
    seen = []
    for name, content in [(None, None), (CONVERTED[1], b"one"), (CONVERTED[1], b"two"), (PUBLISHED, CONTENT)]:
        if name:
            (small / name).write_bytes(content)
        try:
            weights_file("mobilenet_v2")
        except FileNotFoundError:
            assert name is None
        assert noted() == dict(zip(("source", "checksum"), identity("mobilenet_v2")))
        assert noted() not in seen
        seen.append(noted())
    assert [facts["source"] for facts in seen] == ["missing", "original", "original", "original"]
    assert seen[-1]["checksum"] == registry.WEIGHTS["mobilenet_v2"].checksum
