"""What both wings' transfer learning does alike: which layers a name means, features batch by batch, a linear probe."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from utils import guards
from utils.weights import listed

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

STRENGTHS = np.logspace(-1, 5, 19)  # of the probe's penalty, for features of unit variance


def chosen(names: Sequence[str], layers: Sequence[str]) -> list[str]:
    """The layers that these names mean: those called so, and those that go on behind them with "." or "_".

    No name means all layers. ValueError for a name that means none.
    """
    for name in names:
        if not isinstance(name, str):
            raise ValueError(
                f"The name of a layer is a {type(name).__name__}: give names one by one, as in "
                f'freeze(model, "block4", "block5").'
            )
    found = {
        name: [each for each in layers if each == name or each.startswith((f"{name}.", f"{name}_"))] for name in names
    }
    for name, meant in found.items():
        if not meant:
            raise ValueError(f"There is no layer {name!r} with weights; there are {listed(layers, most=40)}.")
    return [each for each in layers if not names or any(each in meant for meant in found.values())]


def gathered(
    images: np.ndarray, batch_size: int, progress: bool, features_of: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """What `features_of` makes of all images, a batch at a time."""
    starts = range(0, len(images), batch_size)
    bar = tqdm(starts, "features", leave=False, unit="batch", disable=None if progress else True)
    return np.concatenate([features_of(images[start : start + batch_size]) for start in bar])


def check_maps(shape: tuple[int, ...]) -> None:
    """Refuse a model whose output, of this shape, is no feature map."""
    if len(shape) != 4:
        raise ValueError(
            f"The model gives shape {tuple(shape)}, not a feature map: build it without its classifier, as in "
            f"vgg16(classes=None)."
        )


def linear_probe(features: np.ndarray, labels: np.ndarray, validation: tuple[np.ndarray, np.ndarray]) -> "Pipeline":
    """The best linear classifier on features: ridge regression on the labels, as strong as suits the validation set.

    Args:
        features: float32 (N, features), such as `cached_features` gives; each is scaled to unit variance first.
        labels: integers (N,), of at least two classes.
        validation: (features, labels), from which the strength of the penalty is chosen among `STRENGTHS`.

    Returns:
        A scikit-learn pipeline, trained: `predict(features)` gives labels, `score(features, labels)` the accuracy.

    Raises:
        ValueError: features and labels do not fit together.
    """
    from sklearn.linear_model import RidgeClassifier  # takes a second
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    guards.check_pair("validation", validation, "features, labels")
    _check_features(features, labels)
    _check_features(*validation)
    if features.shape[1] != validation[0].shape[1]:
        raise ValueError(
            f"There are {features.shape[1]} features for training and {validation[0].shape[1]} for validation: take "
            f"both from the same network."
        )
    guards.check_training(labels, validation, None)
    probes = [
        make_pipeline(StandardScaler(), RidgeClassifier(strength)).fit(features, labels) for strength in STRENGTHS
    ]
    return max(probes, key=lambda probe: probe.score(*validation))


def _check_features(features: np.ndarray, labels: np.ndarray) -> None:
    if not isinstance(features, np.ndarray) or features.ndim != 2 or not features.size:
        found = f"of shape {features.shape}" if isinstance(features, np.ndarray) else f"a {type(features).__name__}"
        raise ValueError(
            f"Features are {found}: pass an array (N, features); cached_features gives one with pool=True."
        )
    if features.dtype.kind not in "fiu":
        raise ValueError(f"Features are {features.dtype}: pass numbers, for example float32.")
    if not np.isfinite(features).all():
        raise ValueError("Features hold NaN or infinity: find them with np.isfinite.")
    guards.check_labels(labels, len(features))
