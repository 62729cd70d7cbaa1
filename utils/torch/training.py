"""Training, evaluating and predicting in PyTorch."""

import numpy as np
import torch
from torch.nn import functional as F

from utils import defaults, guards, inputs, preprocessing
from utils.schedules import SCHEDULES
from utils.torch.batches import batches, to_tensor
from utils.torch.layers import Preprocess


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
    descent = _optimizer(optimizer, model.parameters(), learning_rate, momentum)
    steps = epochs * len(train)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        descent, lambda step: SCHEDULES[schedule](min(step, steps - 1), steps)
    )
    history = {}
    for epoch in range(epochs):
        values = _train_one_epoch(model, train, descent, scheduler)
        if validation is not None:
            values |= {f"validation_{name}": value for name, value in evaluate(model, *validation).items()}
        for name, value in values.items():
            history.setdefault(name, []).append(value)
        if progress:
            print(inputs.epoch_line(epoch, epochs, values))
    return history


def _train_one_epoch(model, train, descent, scheduler):
    model.train()
    device = next(model.parameters()).device
    loss_sum, correct, count = 0.0, 0, 0
    for images, labels in train:
        images, labels = images.to(device), labels.to(device)
        logits = model(images)
        loss = F.cross_entropy(logits, labels)
        descent.zero_grad()
        loss.backward()
        descent.step()
        scheduler.step()
        loss_sum += loss.item() * len(labels)
        correct += (logits.argmax(dim=1) == labels).sum().item()
        count += len(labels)
    return {"loss": loss_sum / count, "accuracy": correct / count}


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
    _check_model(model, images)
    return F.softmax(_logits(model, images, batch_size), dim=1).numpy()


@torch.no_grad()
def _logits(model, images, batch_size):
    guards.check_batch_size(batch_size)
    model.eval()
    device = next(model.parameters()).device
    starts = range(0, len(images), batch_size)
    return torch.cat([model(to_tensor(images[start : start + batch_size]).to(device)).cpu() for start in starts])


def _check_model(model, images, labels=None):
    guards.check_images(images)
    if labels is not None:
        guards.check_labels(labels, len(images))
    if any(isinstance(layer, Preprocess) for layer in model.modules()):
        preprocessing.check_images(images)  # all at once: a wrong one would else be found when half is trained
    try:
        outputs = _logits(model, images[:1], batch_size=1).numpy()
    except RuntimeError as error:
        raise guards.does_not_fit(images.shape[1:]) from error
    guards.check_outputs(outputs, labels)


def _optimizer(name, parameters, learning_rate, momentum):
    adam = {"betas": defaults.ADAM_BETAS, "eps": defaults.ADAM_EPSILON}
    if name == "rmsprop":
        return RMSprop(parameters, learning_rate, momentum, defaults.RMSPROP_DECAY, defaults.RMSPROP_EPSILON)
    if name == "sgd":
        return torch.optim.SGD(parameters, learning_rate, momentum=momentum)
    if name == "adam":
        return torch.optim.Adam(parameters, learning_rate, **adam)
    return torch.optim.AdamW(parameters, learning_rate, weight_decay=defaults.WEIGHT_DECAY, **adam)


class RMSprop(torch.optim.Optimizer):
    """RMSprop as Keras has it: epsilon is added under the root, where torch.optim.RMSprop adds it to the root.

    The difference shows: at the start about half of the squared gradients of S2's net are below Keras' 1e-7.
    """

    def __init__(self, parameters, lr, momentum, decay, epsilon):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay, "epsilon": epsilon})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weights in (weights for weights in group["params"] if weights.grad is not None):
                state = self.state[weights]
                if not state:
                    state |= {"squares": torch.zeros_like(weights), "velocity": torch.zeros_like(weights)}
                _step(weights, state["squares"], state["velocity"], group)


def _step(weights, squares, velocity, group):
    decay, gradient = group["decay"], weights.grad
    squares.mul_(decay).addcmul_(gradient, gradient, value=1 - decay)
    velocity.mul_(group["momentum"]).addcdiv_(gradient, (squares + group["epsilon"]).sqrt_(), value=group["lr"])
    weights.sub_(velocity)
