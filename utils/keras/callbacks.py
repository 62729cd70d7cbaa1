"""What `fit` does between the steps and epochs of Keras' own loop."""

import contextlib

import keras

from utils import inputs
from utils.keras.inference import evaluate


class Schedule(keras.callbacks.Callback):
    """Begins each epoch with the batches' order, each step with its learning rate."""

    def __init__(self, recipe, train):
        super().__init__()
        self.recipe, self.train = recipe, train

    def on_epoch_begin(self, epoch, logs=None):
        self.train.start(epoch)
        self.step = epoch * len(self.train)

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = self.recipe.rate(self.step, self.recipe.epochs * len(self.train))
        self.step += 1


class Progress(keras.callbacks.Callback):
    """A bar on terminals, which fills with the steps of an epoch."""

    def __init__(self, train, epochs):
        super().__init__()
        self.train, self.epochs = train, epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.bar = inputs.bar(range(len(self.train)), epoch, self.epochs, progress=True)

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        self.bar.close()


class Keeper(keras.callbacks.Callback):
    """Keeps the history, judges each epoch by validation images, and says which weights stay in the end."""

    def __init__(self, recipe, validation, progress):
        super().__init__()
        self.recipe, self.validation, self.progress = recipe, validation, progress
        self.epoch, self.history, self.best, self.waited = 0, {}, None, 0

    def on_epoch_end(self, epoch, logs=None):
        values = {name: float(logs[name]) for name in ("loss", "accuracy")}
        if self.validation is not None:
            with self._averaged():
                judged = evaluate(self.model, *self.validation)
            values |= {f"validation_{name}": value for name, value in judged.items()}
        self._note(values)
        if self.progress:
            print(inputs.epoch_line(epoch, self.recipe.epochs, values))

    def _note(self, values):
        self.epoch += 1
        for name, value in values.items():
            self.history.setdefault(name, []).append(value)
        if self.recipe.patience is None:
            return
        losses = self.history["validation_loss"]
        self.waited = len(losses) - 1 - losses.index(min(losses))
        if self.waited == 0:
            with self._averaged():
                self.best = self.model.get_weights()
        self.model.stop_training = self.finished

    @contextlib.contextmanager
    def _averaged(self):
        """The model with its averaged weights, for a while; with its own where there is no average."""
        variables = self.model.trainable_variables
        own = [variable.numpy() for variable in variables]
        if self.recipe.average:  # Keras itself swaps by adding and subtracting, which rounds
            for variable, average in zip(variables, self.model.optimizer._model_variables_moving_average):
                variable.assign(average)
        try:
            yield
        finally:  # after Ctrl-C too
            for variable, value in zip(variables, own):
                variable.assign(value)

    @property
    def finished(self):
        """Whether all epochs are done, or patience has run out."""
        return self.epoch == self.recipe.epochs or (self.recipe.patience or self.epoch + 1) <= self.waited

    def finish(self):
        """Give the model the weights of the best epoch, where patience asks for them, and return the history."""
        if self.best is not None:
            self.model.set_weights(self.best)
        return self.history
