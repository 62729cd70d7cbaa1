"""Published weights, seen through what their features are good for: `make test-originals` runs this."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from utils import inputs
from utils.data import files, load
from utils.torch import load_pretrained, mobilenet_v2, squeezenet

pytestmark = pytest.mark.originals

WEIGHTS = [
    (mobilenet_v2, "mobilenet_v2_0.35_224_notop.npz"),
    (squeezenet, "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"),
]


def features(model, images):
    starts = range(0, len(images), 50)
    return np.concatenate([means(model, images[start : start + 50]) for start in starts])


@torch.no_grad()
def means(model, images):
    return model(torch.from_numpy(inputs.to_float(images)).permute(0, 3, 1, 2)).mean(dim=(2, 3)).numpy()


@pytest.mark.parametrize(("build", "file"), WEIGHTS, ids=["mobilenet_v2", "squeezenet"])
def test_a_linear_probe_tells_cats_from_dogs(monkeypatch, build, file):
    monkeypatch.delenv("LEARNING_TO_SEE_SOURCE", raising=False)
    path = files.data_directory() / "weights" / file
    if not path.is_file():
        pytest.skip(f"there is no {file} in the folder weights of the data directory")
    model = build(input_shape=(224, 224, 3)).eval()
    load_pretrained(model, path)
    sets = [
        load("cats_vs_dogs", split=split, source="original", size=(224, 224))
        for split in ("train", "validation", "test")
    ]
    (train, y_train), (validation, y_validation), (test, y_test) = ((features(model, s.images), s.labels) for s in sets)
    probes = [RidgeClassifier(alpha=alpha * train.std() ** 2).fit(train, y_train) for alpha in np.logspace(1, 6, 21)]
    best = max(probes, key=lambda probe: probe.score(validation, y_validation))
    assert best.score(test, y_test) >= 0.95
