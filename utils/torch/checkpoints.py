"""Checkpoints of `fit` in PyTorch: after each epoch all that the next one depends on, written whole or not at all."""

import pickle
from pathlib import Path

import torch

from utils import guards, writing


def save(run, path, of):
    """Write the state of a `training.Run` to a file, from the first of several processes; `of` says which training."""
    if run.process.rank == 0:
        state = {
            "of": of,
            "epoch": run.epoch,
            "history": run.history,
            "best": run.best,
            "waited": run.waited,
            "model": run.model.state_dict(),
            "average": run.average and run.average.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "random on cards": torch.cuda.get_rng_state_all(),
        }
        with writing.whole(path) as part:
            torch.save(state, part)
    run.process.wait()


def resume(run, path, of):
    """Take up the state of a file, where there is one. ValueError where it is of another training, or no checkpoint."""
    guards.check_file("checkpoint", path)
    if not Path(path).exists():
        return
    try:
        state = torch.load(path, weights_only=True, map_location=run.process.device)
        guards.check_checkpoint(path, state["of"], of)
        _check_shapes(state["model"], run.model.state_dict())
        run.model.load_state_dict(state["model"])
    except (RuntimeError, KeyError, TypeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise guards.no_checkpoint(path) from error
    if run.average:
        run.average.load_state_dict(state["average"])
    run.optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"].cpu())
    for card, numbers in enumerate(state["random on cards"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(numbers.cpu(), card)
    run.epoch, run.history, run.best, run.waited = (state[name] for name in ("epoch", "history", "best", "waited"))


def _check_shapes(found, wanted):
    """`load_state_dict` itself says what does not fit when it has already loaded the rest."""
    if {name: tensor.shape for name, tensor in found.items()} != {name: each.shape for name, each in wanted.items()}:
        raise KeyError("of another model")
