"""The facts are complete, consistent with each other, and refer to what exists."""

import importlib.util
import re
import subprocess
import sys

import pytest

from utils.data import registry
from utils.data.registry import DATASETS, SPLITS, WEIGHTS
from utils.provenance import ROOT

published = pytest.mark.parametrize(
    "dataset", [dataset for dataset in DATASETS.values() if dataset.files], ids=lambda dataset: dataset.name
)
every = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
networks = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no data set 'minst': choose from mnist"):
        registry.find("minst")


@every
def test_it_is_found_by_its_name(dataset):
    assert registry.find(dataset.name) is dataset


@every
def test_it_has_every_split_and_different_classes(dataset):
    assert tuple(dataset.splits) == SPLITS
    assert len(set(dataset.classes)) == len(dataset.classes) > 1


@every
def test_files_have_names_sizes_and_checksums(dataset):
    assert len({file.name for file in dataset.files}) == len(dataset.files)
    assert all(file.size > 0 and re.fullmatch(r"[0-9a-f]{64}", file.checksum) for file in dataset.files)
    assert all("/" not in file.name and "\\" not in file.name for file in dataset.files)


@published
def test_mirrors_are_encrypted_addresses_of_folders(dataset):
    assert dataset.mirrors
    assert all(re.fullmatch(r"https://[\w.-]+/(\S+/)?", mirror) for mirror in dataset.mirrors)


@published
def test_its_citation_is_in_the_bibliography(dataset):
    assert f"{{{dataset.citation}," in (ROOT / "references.bib").read_text("utf8")


@every
def test_its_twin_exists(dataset):
    assert dataset.twin
    assert all(importlib.util.find_spec(f"utils.data.synthetic.{module}") for module in dataset.twin)


@every
def test_the_twin_names_every_module_that_it_draws_with(dataset):
    drawing = "utils.data.synthetic."
    code = f"import sys, {drawing}{dataset.twin[0]}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    used = {name.removeprefix(drawing) for name in done.stdout.split() if name.startswith(drawing)}
    assert used == set(dataset.twin)


@published
def test_its_checksum_is_made_from_all_files(dataset):
    shorter = registry.DataSet(**(vars(dataset) | {"files": dataset.files[:-1]}))
    assert re.fullmatch(r"[0-9a-f]{64}", dataset.checksum)
    assert dataset.checksum != shorter.checksum


def test_mnist_is_as_published():
    mnist = DATASETS["mnist"]
    assert sum(mnist.splits.values()) == 70_000
    assert mnist.shape == (28, 28, 1)
    assert mnist.size == 11_594_722
    assert mnist.classes == tuple("0123456789")


def test_an_unknown_name_is_refused_with_the_weights_too():
    with pytest.raises(ValueError, match="weights from vgg16, resnet18, mobilenet_v2, squeezenet"):
        registry.find("vgg19")


def test_no_data_set_is_called_like_weights():
    assert not DATASETS.keys() & WEIGHTS.keys()


@networks
def test_weights_are_found_by_their_name_and_are_one_file(weights):
    assert registry.find(weights.name) is weights
    (file,) = weights.files
    assert file.size > 0
    assert len(file.digits) == {"md5": 32, "sha256": 64}[file.algorithm]
    assert re.fullmatch("[0-9a-f]+", file.digits)
    assert file.checksum in (file.digits, f"md5:{file.digits}")


@networks
def test_weights_come_from_encrypted_addresses_and_are_cited(weights):
    assert weights.license
    assert all(re.fullmatch(r"https://[\w.-]+/(\S+/)?", mirror) for mirror in weights.mirrors)
    assert f"{{{weights.citation}," in (ROOT / "references.bib").read_text("utf8")


def test_resnet18s_name_begins_its_checksum():
    """So torch.hub checks it."""
    (file,) = WEIGHTS["resnet18"].files
    assert file.name == f"resnet18-{file.digits[:8]}.pth"


def test_networks_are_told_apart_by_their_tensors():
    assert len({weights.tensor for weights in WEIGHTS.values()}) == len(WEIGHTS)


def test_the_checksum_of_a_set_is_made_as_it_always_was():
    """Another one would call for running every page again."""
    assert DATASETS["mnist"].checksum == "74a1b68ba01821a62f13bf44a0d8acbf3cef08be88a75b43827dd40bb1cd2f6e"
