"""The Keras wing: the same names, signatures and meanings as `utils.torch`."""

from utils.keras.batches import batches
from utils.keras.mobile import mobilenet_v2, squeezenet
from utils.keras.models import count_parameters, dense_net, lenet, small_convnet, small_convnet_without_pooling
from utils.keras.photo_convnets import catdog_convnet, gap_convnet, small_resnet
from utils.keras.resnets import resnet18
from utils.keras.training import evaluate, fit, predict
from utils.keras.vgg import vgg16, vgg16_small
from utils.keras.weights import copy_weights, get_weights, load_pretrained, load_weights, save_weights, set_weights

__all__ = [
    "batches",
    "catdog_convnet",
    "copy_weights",
    "count_parameters",
    "dense_net",
    "evaluate",
    "fit",
    "gap_convnet",
    "get_weights",
    "lenet",
    "load_pretrained",
    "load_weights",
    "mobilenet_v2",
    "predict",
    "resnet18",
    "save_weights",
    "set_weights",
    "small_convnet",
    "small_convnet_without_pooling",
    "small_resnet",
    "squeezenet",
    "vgg16",
    "vgg16_small",
]
