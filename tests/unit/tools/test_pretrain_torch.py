"""Pre-training in small: few pictures, one round, two epochs."""

import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from tools import pretrain
from tools.errors import BuildError
from tools.paths import ROOT
from utils import data, published, runtime
from utils.torch import get_weights, load_pretrained, small_resnet


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A teacher of random weights, and few pictures of the twins in place of the originals."""
    load = data.load

    def twin(name, *, split, source, size=None):
        assert source == "original" and split in ("train", "validation")
        return load(name, split=split, source="twin", size=size, limit=40)

    monkeypatch.setattr(pretrain.data, "load", twin)
    monkeypatch.setattr(pretrain, "load_pretrained", lambda model: None)
    sources = {name: (augment, 1, 32, shown) for name, (augment, _, _, shown) in pretrain.SOURCES.items()}
    monkeypatch.setattr(pretrain, "SOURCES", sources)
    monkeypatch.setattr(pretrain, "ROOT", tmp_path)
    monkeypatch.setattr(pretrain, "WEIGHTS", tmp_path / "utils")

    def run(name, folder, epochs):
        monkeypatch.setattr(pretrain, "KEPT", tmp_path / folder)
        runtime.seed_everything(1)  # of the teacher
        pretrain.run([name], epochs)
        return load_file(pretrain.WEIGHTS / f"{name}.safetensors")

    return run


def test_an_interrupted_pre_training_ends_as_a_whole_one_does(small, tmp_path, monkeypatch, capsys):
    whole = small("vgg16_small", "whole", 2)
    card = (tmp_path / "utils" / "vgg16_small.md").read_text("utf8")
    assert "{" not in card and "40 changed copies" in card and "920,784 parameters" in card
    save, epochs = pretrain._save, iter([1, 2])

    def stop_after_the_first(*given):
        save(*given)
        if next(epochs) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "_save", stop_after_the_first)
    with pytest.raises(KeyboardInterrupt):
        small("vgg16_small", "parts", 2)
    capsys.readouterr()
    again = small("vgg16_small", "parts", 2)
    assert "vgg16_small, epoch 1/2" not in capsys.readouterr().out
    assert whole.keys() == again.keys() and len(whole) == 26
    for key, array in whole.items():
        np.testing.assert_array_equal(array, again[key], err_msg=key)


def test_a_second_pre_training_trains_again(small, capsys):
    first = small("vgg16_small", "twice", 1)
    assert not list(pretrain.KEPT.rglob("*.pt"))
    capsys.readouterr()
    second = small("vgg16_small", "twice", 1)
    assert "vgg16_small, epoch 1/1" in capsys.readouterr().out
    for key, array in first.items():
        np.testing.assert_array_equal(array, second[key], err_msg=key)


def test_what_was_kept_of_other_settings_or_other_code_is_not_taken_up(small, tmp_path, monkeypatch):
    kept = {pretrain._checkpoint("vgg16_small", epochs) for epochs in (1, 2)}
    monkeypatch.setattr(pretrain, "LEARNING_RATE", 0.001)
    kept.add(pretrain._checkpoint("vgg16_small", 2))
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "pretrain.py").write_text("x = 1")
    kept.add(pretrain._checkpoint("vgg16_small", 2))
    assert all((ROOT / file).is_file() for file in pretrain.CODE)
    assert len(kept) == 4 and len({path.parent for path in kept}) == 3


def test_a_residual_network_is_pre_trained_without_its_classifier(small, tmp_path):
    weights = small("small_resnet", "resnet", 1)
    assert not any(name.startswith("logits") for name in weights)
    model = small_resnet((48, 48, 3), 10)
    load_pretrained(model, tmp_path / "utils" / "small_resnet.safetensors")
    for name, array in get_weights(model).items():
        if name in weights:
            np.testing.assert_array_equal(array, weights[name], err_msg=name)
    card = (tmp_path / "utils" / "small_resnet.md").read_text("utf8")
    assert "{" not in card and "860,760 parameters" in card and "maps of 160 channels" in card


def test_an_unknown_network_is_refused():
    with pytest.raises(BuildError, match="no embedded weights of 'vgg19'; choose among vgg16_small, small_resnet"):
        pretrain.run(["vgg19"])


def test_it_says_which_original_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)
    with pytest.raises(BuildError, match=r"wants originals.*utils.data download cats_vs_dogs"):
        pretrain.run()


@pytest.mark.originals
@pytest.mark.parametrize("network", published.EMBEDDED)
def test_the_embedded_weights_are_as_good_as_their_card_says(network, monkeypatch):
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)
    if data.identity("cats_vs_dogs")[0] != "original":
        pytest.skip("the photos of cats and dogs are not on disk")
    model = pretrain.STUDENTS[network][0]()
    load_pretrained(model)
    card = (published.EMBEDDED_FOLDER / f"{network}.md").read_text("utf8")
    said = re.search(r"is right\s+on ([\d.]+)% of the 1,000 validation photos", card)
    assert pretrain._probe(model) == pytest.approx(float(said[1]) / 100, abs=0.01)
