"""Training in PyTorch."""

from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from utils import defaults, guards, inputs
from utils.recipes import Recipe
from utils.torch import checkpoints, optimizers
from utils.torch.batches import batches
from utils.torch.devices import gains_from_bfloat16, sums_precisely_in
from utils.torch.inference import check_model, evaluate
from utils.torch.models import count_parameters
from utils.torch.observing import inference
from utils.torch.processes import this_process


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

    The model is moved to a graphics card where there is one. Its parts end in the mode, training or inference, that
    they had. Frozen batch norms keep their statistics. Started in several processes by `torch.distributed.run`, each
    of them computes its share of every batch.

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
        mixed_precision: whether to multiply in bfloat16 where the machine does that in hardware.
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
    soft = classes if recipe.soft_labels else None
    train = batches(images, labels, batch_size, seed=seed, augment=augment, classes=soft)
    run = Run(model, recipe, len(train))
    if checkpoint is not None:
        of = recipe.training(images, labels, validation, count_parameters(model))
        checkpoints.resume(run, checkpoint, of)
    train.epoch = run.epoch
    while not run.finished:
        with inference(model):  # which gives each part its mode back, after Ctrl-C too
            values = run.train_one_epoch(train, progress)
        if validation is not None:
            values |= {f"validation_{name}": value for name, value in evaluate(run.judged, *validation).items()}
        run.note(values)
        if progress and run.process.rank == 0:
            print(inputs.epoch_line(run.epoch - 1, epochs, values))
        if checkpoint is not None:
            checkpoints.save(run, checkpoint, of)
    return run.finish()


class Run:
    """One training of a model: what changes while it lasts."""

    def __init__(self, model, recipe, steps):
        trained = [weights for weights in model.parameters() if weights.requires_grad]
        guards.check_trainable(len(trained))
        self.process = this_process()
        model.to(self.process.device, memory_format=torch.channels_last)
        self.model, self.recipe, self.steps = model, recipe, steps
        self.kind = torch.empty(0, dtype=trained[0].dtype, device=self.process.device)  # of what the model takes
        self.learner, self.optimizer = self.process.setup(model, optimizers.make(recipe, trained))
        keep = get_ema_multi_avg_fn(recipe.average)
        self.average = AveragedModel(model, multi_avg_fn=keep) if recipe.average else None
        self.judged = self.average.module if self.average else model
        self.epoch, self.history, self.best, self.waited = 0, {}, None, 0

    def train_one_epoch(self, train, progress):
        """One pass over the batches: loss and accuracy, running means while the model learns."""
        train_mode(self.model)
        device = self.process.device
        totals = torch.zeros(2, dtype=sums_precisely_in(device), device=device)
        count = 0
        bar = inputs.bar(train, self.epoch, self.recipe.epochs, progress and self.process.rank == 0)
        for step, (images, labels) in enumerate(bar, start=self.epoch * self.steps):
            for group in self.optimizer.param_groups:
                group["lr"] = self.recipe.rate(step, self.recipe.epochs * self.steps)
            totals += self._learn(images, labels)
            count += len(images)
        loss, correct = self.process.sum(totals).tolist()
        return {"loss": loss / count, "accuracy": correct / count}

    def _learn(self, images, labels):
        """One step down the gradient on this process' share of a batch: its sum of losses, and how many are right."""
        process = self.process
        share = slice(process.rank, None, process.count)
        pictures, targets = images[share].to(self.kind), labels[share].to(process.device)
        with self._precision():
            logits = self.learner(pictures)
            losses = F.cross_entropy(logits, targets, reduction="sum", label_smoothing=self.recipe.label_smoothing)
        self.optimizer.zero_grad()
        process.backward(losses * process.count / len(images))  # the mean over processes is that over the batch
        self.optimizer.step()
        if self.average:
            self.average.update_parameters(self.model)
        right = logits.argmax(dim=1) == (targets if targets.ndim == 1 else targets.argmax(dim=1))
        return torch.stack([losses.detach(), right.sum()])

    def _precision(self):
        device = self.process.device
        if self.recipe.mixed_precision and gains_from_bfloat16(device):
            return torch.autocast(device.type, torch.bfloat16)
        return nullcontext()

    def note(self, values):
        """Take an epoch's figures into the history, and with patience its weights if they are the best so far."""
        self.epoch += 1
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)
        if self.recipe.patience is None:
            return
        losses = self.history["validation_loss"]
        self.waited = len(losses) - 1 - losses.index(min(losses))
        if self.waited == 0:
            self.best = {name: tensor.clone() for name, tensor in self.judged.state_dict().items()}

    @property
    def finished(self):
        """Whether all epochs are done, or patience has run out."""
        return self.epoch == self.recipe.epochs or (self.recipe.patience or self.epoch + 1) <= self.waited

    def finish(self):
        """Give the model the weights that stay, and return the history."""
        self.model.load_state_dict(self.best or self.judged.state_dict())
        return self.history


def train_mode(model):
    """Training mode, in which frozen batch norms keep their running statistics, as Keras has it."""
    model.train()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) and layer.affine and not layer.weight.requires_grad:
            layer.eval()
