"""What the builders of networks share: the checks, the head, the preprocessing, the weights to start from.

Keras draws kernels by Glorot's uniform rule and starts biases at zero; where nothing else is said, so do we.
"""

from dataclasses import asdict

import keras
from keras import layers

from utils import defaults, guards
from utils.keras.layers import Preprocess


def sequential(input_shape, *stack):
    """A network of these layers."""
    try:
        return keras.Sequential([layers.Input(input_shape), *stack])
    except ValueError as error:
        raise guards.too_small(input_shape) from error


def functional(input_shape, classes, body):
    """A classifier: what `body` makes of the images, averaged over each map."""
    images = keras.Input(input_shape, name="images")
    return keras.Model(images, _classifier(_features(input_shape, body, images), classes))


def pretrainable(input_shape, classes, facts, body):
    """A network of published weights: preprocessing, `body`, and with `classes` a classifier on top."""
    guards.check_pretrained_architecture(input_shape, classes)
    images = keras.Input(input_shape, name="images")
    maps = _features(input_shape, body, Preprocess(**asdict(facts), name="preprocess")(images))
    return keras.Model(images, maps if classes is None else _classifier(maps, classes))


def _features(input_shape, body, images):
    try:
        return body(images)
    except ValueError as error:
        raise guards.too_small(input_shape) from error


def _classifier(maps, classes):
    return layers.Dense(classes, name="logits")(layers.GlobalAveragePooling2D(name="gap")(maps))


def he(channels=1):
    """He's uniform rule. For a depthwise convolution, of which Keras counts all channels in the fan-in, give them."""
    return keras.initializers.VarianceScaling(defaults.HE_VARIANCE * channels, mode="fan_in", distribution="uniform")


def batch_norm(name, epsilon=defaults.BATCH_NORM_EPSILON):
    """A batch norm with the constants of `utils.defaults`."""
    return layers.BatchNormalization(momentum=defaults.BATCH_NORM_MOMENTUM, epsilon=epsilon, name=name)


def pad(maps, cells=1):
    """Zeros on all four sides, as PyTorch pads. Keras' "same" would leave out the top and left of a stride of 2."""
    return keras.ops.pad(maps, ((0, 0), (cells, cells), (cells, cells), (0, 0)))
