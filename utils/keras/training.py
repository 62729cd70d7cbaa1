"""Training, evaluating and predicting in Keras."""

import keras
import numpy as np

from utils import defaults, guards, inputs, preprocessing
from utils.keras.batches import batches
from utils.keras.layers import Preprocess
from utils.schedules import SCHEDULES


def fit(
    model,
    images,
    labels,
    *,
    epochs=1,
    batch_size=64,
    optimizer="rmsprop",
    learning_rate=0.001,
    momentum=0.0,
    schedule="constant",
    validation=None,
    seed=0,
    progress=False,
):
    """Train a model that ends in logits, with the cross-entropy loss.

    Args:
        model: takes float32 images, gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        labels: integers (N,), from 0 to classes - 1.
        epochs: passes over the images.
        batch_size: images a step.
        optimizer: "rmsprop", "sgd", "adam" or "adamw", with the constants of `utils.defaults`.
        learning_rate: of every step; with "one-cycle", of the highest.
        momentum: of sgd and rmsprop.
        schedule: "constant", or "one-cycle" (`utils.schedules`).
        validation: (images, labels) to evaluate after each epoch, or None.
        seed: of the shuffling.
        progress: whether to print a line after each epoch.

    Returns:
        Lists with one float an epoch: "loss" and "accuracy", running means over the epoch while the model still
        learns, and with validation "validation_loss" and "validation_accuracy".

    Raises:
        ValueError: images, labels, model and recipe do not fit together.
    """
    guards.check_recipe(epochs, batch_size, optimizer, learning_rate, momentum, schedule)
    train = batches(images, labels, batch_size, seed=seed)
    _check_model(model, images, labels)
    if validation is not None:
        _check_model(model, *validation)
        validation = batches(*validation, 256, shuffle=False)
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate, momentum),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: train.start(epoch)),
        _Schedule(learning_rate, SCHEDULES[schedule], epochs * len(train)),
    ]
    if progress:
        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _print(epoch, epochs, logs)))
    # The batches come shuffled; Keras' own shuffling would draw them in another order.
    history = model.fit(train, epochs=epochs, validation_data=validation, shuffle=False, callbacks=callbacks, verbose=0)
    return _rename(history.history)


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
    _check_model(model, images, labels)
    logits = _logits(model, images, batch_size)
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
    _check_model(model, images)
    return keras.ops.softmax(_logits(model, images, batch_size)).numpy()


def _logits(model, images, batch_size):
    guards.check_batch_size(batch_size)
    starts = range(0, len(images), batch_size)
    parts = [model(inputs.to_float(images[start : start + batch_size]), training=False) for start in starts]
    return keras.ops.concatenate(parts).numpy()


def _check_model(model, images, labels=None):
    guards.check_images(images)
    if labels is not None:
        guards.check_labels(labels, len(images))
    if any(isinstance(layer, Preprocess) for layer in model._flatten_layers()):
        preprocessing.check_images(images)  # in compiled steps the layer can not, and Keras wraps what it says
    try:
        outputs = model(inputs.to_float(images[:1]), training=False).numpy()
    except ValueError as error:
        raise guards.does_not_fit(images.shape[1:]) from error
    guards.check_outputs(outputs, labels)


def _optimizer(name, learning_rate, momentum):
    beta_1, beta_2 = defaults.ADAM_BETAS
    adam = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": defaults.ADAM_EPSILON}
    if name == "rmsprop":
        rms = {"rho": defaults.RMSPROP_DECAY, "epsilon": defaults.RMSPROP_EPSILON}
        return keras.optimizers.RMSprop(learning_rate, momentum=momentum, **rms)
    if name == "sgd":
        return keras.optimizers.SGD(learning_rate, momentum=momentum)
    if name == "adam":
        return keras.optimizers.Adam(learning_rate, **adam)
    return keras.optimizers.AdamW(learning_rate, weight_decay=defaults.WEIGHT_DECAY, **adam)


class _Schedule(keras.callbacks.Callback):
    """Sets the learning rate before each step."""

    def __init__(self, peak, factor, steps):
        super().__init__()
        self.peak, self.factor, self.steps = peak, factor, steps
        self.step = 0

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.peak * self.factor(self.step, self.steps)
        self.step += 1


def _print(epoch, epochs, logs):
    print(inputs.epoch_line(epoch, epochs, _rename(logs)))


def _rename(values):
    names = {
        "loss": "loss",
        "accuracy": "accuracy",
        "val_loss": "validation_loss",
        "val_accuracy": "validation_accuracy",
    }
    return {ours: values[theirs] for theirs, ours in names.items() if theirs in values}
