"""Evaluating and predicting in Keras."""

import keras
import numpy as np

from utils import guards, inputs, preprocessing
from utils.keras import observing
from utils.keras.layers import Preprocess


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
    losses = keras.ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    return {"loss": float(keras.ops.mean(losses)), "accuracy": float(np.mean(logits.argmax(axis=1) == labels))}


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
    return keras.ops.softmax(logits_of(model, images, batch_size)).numpy()


def logits_of(model, images, batch_size):
    """What a model in inference mode gives, float32 (N, classes)."""
    guards.check_batch_size(batch_size)
    starts = range(0, len(images), batch_size)
    parts = [model(inputs.to_float(images[start : start + batch_size]), training=False) for start in starts]
    return keras.ops.cast(keras.ops.concatenate(parts), "float32").numpy()


def check_model(model, images, labels=None):
    """The number of classes. ValueError unless model, images and labels fit together."""
    guards.check_images(images)
    if labels is not None:
        guards.check_labels(labels, len(images))
    check_range(model, images)
    outputs = observing.arrays(output_of_one(model, images))
    guards.check_classes(outputs.shape)
    guards.check_outputs(outputs, labels)
    return outputs.shape[1]


def output_of_one(model, images):
    """What the model gives for the first image, a tensor. ValueError where it can not take it, or gives none."""
    outputs = observing.call(model, inputs.to_float(images[:1]))
    if not keras.ops.is_tensor(outputs):
        raise guards.no_array(outputs)
    return outputs


def check_range(model, images):
    """Refuse what is no model, and images on another scale than the model's own preprocessing wants them."""
    if not isinstance(model, keras.Model):
        raise guards.no_model(model)
    if any(isinstance(layer, Preprocess) for layer in model._flatten_layers()):
        preprocessing.check_images(images)  # in compiled steps the layer can not, and Keras wraps what it says
