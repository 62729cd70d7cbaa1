"""The PyTorch wing: the same names, signatures and meanings as `utils.keras`."""

from utils.torch.batches import batches
from utils.torch.models import count_parameters, dense_net, lenet, small_convnet, small_convnet_without_pooling
from utils.torch.training import evaluate, fit, predict

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
