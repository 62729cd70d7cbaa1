"""Training in Keras."""

import keras

from utils import defaults, guards
from utils.keras import optimizers
from utils.keras.batches import batches
from utils.keras.callbacks import Keeper, Progress, Schedule
from utils.keras.checkpoints import Checkpoint
from utils.keras.inference import check_model
from utils.keras.models import count_parameters
from utils.recipes import Recipe


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
    weight_decay=defaults.WEIGHT_DECAY,
    schedule="constant",
    warm_up=None,
    label_smoothing=0.0,
    average=0.0,
    augment=None,
    mixed_precision=False,
    validation=None,
    patience=None,
    checkpoint=None,
    seed=0,
    progress=False,
):
    """Train a model that ends in logits, with the cross-entropy loss.

    Keras itself trains on a graphics card where there is one. Frozen batch norms keep their statistics.

    Args:
        model: takes float32 images, gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        labels: integers (N,), from 0 to classes - 1.
        epochs: passes over the images.
        batch_size: images a step.
        optimizer: "rmsprop", "sgd", "adam" or "adamw", with the constants of `utils.defaults`.
        learning_rate: of every step; with a schedule, of the highest.
        momentum: of sgd and rmsprop.
        weight_decay: of adamw: each step takes learning_rate · weight_decay off every weight. The others have none.
        schedule: "constant", "cosine", "one-cycle" (`utils.schedules`), or a function (step, steps) → factor.
        warm_up: the share of all steps in which the rate rises to `learning_rate`; None leaves it to the schedule.
        label_smoothing: the share of each label that is divided among all classes (Szegedy et al. 2016).
        average: of 0.99, say, the weights that stay in the end are a running average, which keeps 0.99 of itself at
            each step (Polyak averaging); validation judges them too. 0 for none.
        augment: a `utils.augmentation.Augmentation`, or None.
        mixed_precision: whether to multiply in bfloat16 where that gains. In Keras it was slower on processors, so
            that this does nothing here; `keras.mixed_precision` has it for graphics cards.
        validation: (images, labels) to evaluate after each epoch, or None.
        patience: stop when the validation loss has not fallen for so many epochs, and keep the weights of the best;
            None to train all epochs and keep the last.
        checkpoint: a file to write after each epoch; where it is there, training goes on from it, to the same result.
        seed: of shuffling and augmentation.
        progress: whether to print a line after each epoch, and on a terminal a bar that fills.

    Returns:
        Lists with one float an epoch: "loss" and "accuracy", running means over the epoch while the model still
        learns, and with validation "validation_loss" and "validation_accuracy".

    Raises:
        ValueError: images, labels, model, recipe and checkpoint do not fit together.
    """
    recipe = Recipe(
        *(epochs, batch_size, optimizer, learning_rate, momentum, weight_decay, schedule, warm_up),
        *(label_smoothing, average, patience, augment, mixed_precision, seed),
    )
    guards.check_training(labels, validation, patience)
    classes = check_model(model, images, labels)
    if validation is not None:
        check_model(model, *validation)
    guards.check_trainable(len(model.trainable_variables))
    soft = classes if recipe.soft_labels else None
    train = batches(images, labels, batch_size, seed=seed, augment=augment, classes=soft)
    model.compile(optimizer=optimizers.make(recipe), loss=_loss(recipe), metrics=["accuracy"])
    keeper = Keeper(recipe, validation, progress)
    callbacks = [Schedule(recipe, train), keeper, *([Progress(train, epochs)] if progress else [])]
    if checkpoint is not None:
        of = recipe.training(images, labels, validation, count_parameters(model))
        callbacks.append(Checkpoint(checkpoint, keeper, of))
        callbacks[-1].resume(model)
    # The batches come shuffled; Keras' own shuffling would draw them in another order.
    start = epochs if keeper.finished else keeper.epoch
    model.fit(train, epochs=epochs, initial_epoch=start, shuffle=False, callbacks=callbacks, verbose=0)
    return keeper.finish()


def _loss(recipe):
    if recipe.soft_labels:
        return keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
