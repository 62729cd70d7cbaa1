"""The optimizers of `fit` in Keras, with the constants of `utils.defaults`."""

import keras

from utils import defaults


def make(recipe):
    """The optimizer that a `utils.recipes.Recipe` names; with its average, the optimizer keeps one of the weights."""
    beta_1, beta_2 = defaults.ADAM_BETAS
    adam = {"beta_1": beta_1, "beta_2": beta_2, "epsilon": defaults.ADAM_EPSILON}
    general = {"learning_rate": recipe.learning_rate}
    if recipe.average:
        general |= {"use_ema": True, "ema_momentum": recipe.average}
    if recipe.optimizer == "rmsprop":
        rms = {"rho": defaults.RMSPROP_DECAY, "epsilon": defaults.RMSPROP_EPSILON}
        return keras.optimizers.RMSprop(momentum=recipe.momentum, **rms, **general)
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(momentum=recipe.momentum, **general)
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(**adam, **general)
    return keras.optimizers.AdamW(weight_decay=recipe.weight_decay, **adam, **general)
