"""Checkpoints of `fit` in PyTorch: after each epoch all that the next one depends on, written whole or not at all."""

import pickle
from pathlib import Path

import torch

from utils import guards


def save(run, path, images):
    """Write the state of a `training.Run` to a file, from the first of several processes."""
    if run.process.rank == 0:
        state = {
            "of": run.recipe.described() | {"images": repr(images.shape)},
            "epoch": run.epoch,
            "history": run.history,
            "best": run.best,
            "waited": run.waited,
            "model": run.model.state_dict(),
            "average": run.average and run.average.state_dict(),
            "optimizer": run.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        part = Path(f"{path}.part")
        torch.save(state, part)
        part.replace(path)
    run.process.wait()


def resume(run, path, images):
    """Take up the state of a file, where there is one. ValueError where it is of another training, or no checkpoint."""
    if not Path(path).exists():
        guards.check_folder(path)
        return
    try:
        state = torch.load(path, weights_only=True, map_location=run.process.device)
        guards.check_checkpoint(path, state["of"], run.recipe.described() | {"images": repr(images.shape)})
        run.model.load_state_dict(state["model"])
    except (RuntimeError, KeyError, TypeError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise guards.no_checkpoint(path) from error
    if run.average:
        run.average.load_state_dict(state["average"])
    run.optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["random"].cpu())
    run.epoch, run.history, run.best, run.waited = (state[name] for name in ("epoch", "history", "best", "waited"))
