"""The Keras wing: the same names, signatures and meanings as `utils.torch`."""

from utils.keras.batches import batches
from utils.keras.models import count_parameters, dense_net, lenet, small_convnet, small_convnet_without_pooling
from utils.keras.training import evaluate, fit, predict

__all__ = [
    "batches",
    "count_parameters",
    "dense_net",
    "evaluate",
    "fit",
    "lenet",
    "predict",
    "small_convnet",
    "small_convnet_without_pooling",
]
