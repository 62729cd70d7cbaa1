"""How long our trainings take beside the sources' recipes, on the original data."""

import numpy as np

from tools.benchmarks import Race, Ratio, Runner
from tools.measurements import s0_recipe
from utils import data

S2 = Runner("mnist-quick", "S2's recipe", "keras")


def mnist_in_torch() -> Race:
    """Our net and recipe in PyTorch, beside S2's in Keras."""
    ours = Runner("mnist-quick", "our recipe", "torch")
    return Race("MNIST, 60,000 images: our recipe in PyTorch / S2's", ours, S2, at_most=1 / 5)


def mnist_in_keras() -> Race:
    """The same in Keras."""
    ours = Runner("mnist-quick", "our recipe", "keras")
    return Race("MNIST, 60,000 images: our recipe in Keras / S2's", ours, S2, at_most=2 / 3)


def photos_from_scratch() -> Race:
    """Our net on the 2,000 photos, beside S0's, whose time is extrapolated: it takes half an hour or more."""
    ours = Runner("cats-and-dogs-scratch", "small_resnet", "torch")
    theirs = Runner("s0-recipe", "S0's recipe", "keras", s0_recipe.EPOCHS)
    what = f"2,000 photos from scratch: ours / S0's {theirs.epochs} epochs, from 1 and 3"
    return Race(what, ours, theirs, at_most=1 / 5)


def cached_features_against_frozen_base() -> Ratio:
    """30 epochs of a classifier on VGG16's features: computed once, or (S0's way, 5.3) again in every epoch."""
    import torch

    from utils.torch import cached_features, fit, freeze, vgg16
    from utils.torch.building import sequential

    torch.set_num_threads(2)
    photos = data.load("cats_vs_dogs", size=(150, 150), limit=200)
    base = vgg16((150, 150, 3))
    freeze(base)

    def head() -> torch.nn.Module:
        return sequential(
            (4, 4, 512),
            flatten=torch.nn.Flatten(),
            dense1=torch.nn.Linear(4 * 4 * 512, 256),
            relu1=torch.nn.ReLU(),
            logits=torch.nn.Linear(256, 2),
        )

    def ours() -> np.ndarray:
        fit(head(), cached_features(base, photos.images, pool=False), photos.labels, epochs=30, batch_size=20)
        return np.zeros(1)  # two heads that chance began differently can not be compared

    def theirs() -> np.ndarray:
        model = torch.nn.Sequential(base, head())
        fit(model, photos.images, photos.labels, epochs=2, batch_size=20)
        return np.zeros(1)

    what = "VGG16, 200 photos, 30 epochs, two cores: cached features / S0's way, from 2"
    return Ratio(what, ours, theirs, at_most=1 / 15, rounds=1, times=15, threads=2)
