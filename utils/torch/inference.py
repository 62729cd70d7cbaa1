"""Evaluating and predicting in PyTorch."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from utils import guards, preprocessing
from utils.torch import observing
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
    parts = (images[start : start + batch_size] for start in range(0, len(images), batch_size))
    with observing.inference(model):
        return torch.cat([model(observing.tensors(model, part)).float().cpu() for part in parts])


def check_model(model, images, labels=None):
    """The number of classes. ValueError unless model, images and labels fit together."""
    guards.check_images(images)
    if labels is not None:
        guards.check_labels(labels, len(images))
    check_range(model, images)
    outputs = output_of_one(model, images).float().numpy(force=True)
    guards.check_classes(outputs.shape)
    guards.check_outputs(outputs, labels)
    return outputs.shape[1]


@torch.no_grad()
def output_of_one(model, images):
    """What the model gives for the first image, a tensor. ValueError where it can not take it, or gives none."""
    outputs = observing.call(model, observing.tensors(model, images[:1]))
    if not isinstance(outputs, torch.Tensor):
        raise guards.no_array(outputs)
    return outputs


def check_range(model, images):
    """Refuse what is no model, and images on another scale than the model's own preprocessing wants them."""
    if not isinstance(model, nn.Module):
        raise guards.no_model(model)
    if any(isinstance(layer, Preprocess) for layer in model.modules()):
        preprocessing.check_images(images)  # all at once: a wrong one would else be found when half is trained
