"""Checkpoints of `fit` in Keras: after each epoch all that the next one depends on, written whole or not at all."""

import json
from pathlib import Path

import keras
import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from utils import guards, writing


class Checkpoint(keras.callbacks.Callback):
    """Writes the model, its optimizer and the state of a `callbacks.Keeper` to a file after each epoch."""

    def __init__(self, path, keeper, of):
        super().__init__()
        guards.check_file("checkpoint", path)
        self.path, self.keeper, self.of = Path(path), keeper, of

    def on_epoch_end(self, epoch, logs=None):
        keeper = self.keeper
        state = {"epoch": keeper.epoch, "history": keeper.history, "waited": keeper.waited}
        arrays = {key: np.asarray(variable.numpy()) for key, variable in self._variables().items()}
        arrays |= {f"best/{number}": array for number, array in enumerate(keeper.best or ())}
        with writing.whole(self.path) as part:
            safetensors.numpy.save_file(arrays, part, {"of": json.dumps(self.of), "state": json.dumps(state)})

    def resume(self, model):
        """Take up the state of the file, where there is one. ValueError where it is of another training."""
        if not self.path.exists():
            return
        self.set_model(model)
        model.optimizer.build(model.trainable_variables)
        try:
            with safe_open(self.path, "numpy") as file:
                found, state = (json.loads(file.metadata()[key]) for key in ("of", "state"))
                arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no dict)
            guards.check_checkpoint(self.path, found, self.of)
            self._take(arrays)
        except (SafetensorError, KeyError, TypeError, OSError) as error:
            raise guards.no_checkpoint(self.path) from error
        keeper = self.keeper
        keeper.epoch, keeper.history, keeper.waited = (state[name] for name in ("epoch", "history", "waited"))
        best = [arrays[f"best/{number}"] for number in range(sum(key.startswith("best/") for key in arrays))]
        keeper.best = best or None

    def _take(self, arrays):
        variables = self._variables()
        if any(arrays[key].shape != tuple(variable.shape) for key, variable in variables.items()):
            raise KeyError("of another model")
        for key, variable in variables.items():
            variable.assign(arrays[key])

    def _variables(self):
        """All that training changes, random states of dropout layers included."""
        model = {f"model/{number}": variable for number, variable in enumerate(self.model.variables)}
        optimizer = {f"optimizer/{number}": each for number, each in enumerate(self.model.optimizer.variables)}
        return model | optimizer
