"""Evaluating and predicting in PyTorch."""

import numpy as np
import torch
from torch.nn import functional as F

from utils import guards, preprocessing
from utils.torch.augmentation import to_tensor
from utils.torch.layers import Preprocess


def evaluate(model, images, labels, *, batch_size=256):
    """Mean cross-entropy and accuracy of a model that ends in logits.

    Args:
        model: takes float32 images, gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        labels: integers (N,), from 0 to classes - 1.
        batch_size: images at once; changes memory and time, not the result.

    Returns:
        {"loss": float, "accuracy": float between 0 and 1}.

    Raises:
        ValueError: images, labels and model do not fit together.
    """
    check_model(model, images, labels)
    logits = logits_of(model, images, batch_size)
    loss = F.cross_entropy(logits, torch.from_numpy(labels.astype("int64")))
    return {"loss": loss.item(), "accuracy": float(np.mean(logits.argmax(dim=1).numpy() == labels))}


def predict(model, images, *, batch_size=256):
    """Probabilities of each class: softmax of the model's logits.

    Args:
        model: takes float32 images, gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        batch_size: images at once; changes memory and time, not the result.

    Returns:
        float32 (N, classes); rows sum to 1.

    Raises:
        ValueError: images and model do not fit together.
    """
    check_model(model, images)
    return F.softmax(logits_of(model, images, batch_size), dim=1).numpy()


@torch.no_grad()
def logits_of(model, images, batch_size):
    """What a model in inference mode gives, a float32 tensor in main memory, (N, classes)."""
    guards.check_batch_size(batch_size)
    model.eval()
    device = next(model.parameters()).device
    starts = range(0, len(images), batch_size)
    return torch.cat([model(to_tensor(images[start : start + batch_size]).to(device)).cpu() for start in starts])


def check_model(model, images, labels=None):
    """The number of classes. ValueError unless model, images and labels fit together."""
    guards.check_images(images)
    if labels is not None:
        guards.check_labels(labels, len(images))
    check_range(model, images)
    try:
        outputs = logits_of(model, images[:1], batch_size=1).numpy()
    except RuntimeError as error:
        raise guards.does_not_fit(images.shape[1:]) from error
    guards.check_outputs(outputs, labels)
    return outputs.shape[1]


def check_range(model, images):
    """Refuse images on another scale than the model's own preprocessing wants them."""
    if any(isinstance(layer, Preprocess) for layer in model.modules()):
        preprocessing.check_images(images)  # all at once: a wrong one would else be found when half is trained
