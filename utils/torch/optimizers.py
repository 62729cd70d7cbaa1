"""The optimizers of `fit` in PyTorch, with the constants of `utils.defaults`."""

import torch

from utils import defaults


def make(recipe, parameters):
    """The optimizer that a `utils.recipes.Recipe` names, for these parameters."""
    rate, momentum = recipe.learning_rate, recipe.momentum
    adam = {"betas": defaults.ADAM_BETAS, "eps": defaults.ADAM_EPSILON}
    if recipe.optimizer == "rmsprop":
        return RMSprop(parameters, rate, momentum, defaults.RMSPROP_DECAY, defaults.RMSPROP_EPSILON)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, rate, momentum=momentum)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, rate, **adam)
    return torch.optim.AdamW(parameters, rate, weight_decay=recipe.weight_decay, **adam)


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
