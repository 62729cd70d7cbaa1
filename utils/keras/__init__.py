"""The Keras wing: the same names, signatures and meanings as `utils.torch`."""

from utils.keras.augmentation import augment
from utils.keras.batches import batches
from utils.keras.explain import (
    activations,
    class_activation_map,
    grad_cam,
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
)
from utils.keras.inference import evaluate, predict
from utils.keras.maximize import maximize_filter
from utils.keras.mobile import mobilenet_v2, squeezenet
from utils.keras.models import (
    count_parameters,
    dense_net,
    lenet,
    lenet_bn,
    small_convnet,
    small_convnet_without_pooling,
)
from utils.keras.photo_convnets import catdog_convnet, gap_convnet, small_resnet
from utils.keras.resnets import resnet18
from utils.keras.summary import summary
from utils.keras.training import fit
from utils.keras.transfer import cached_features, freeze, unfreeze
from utils.keras.vgg import vgg16, vgg16_small
from utils.keras.weights import copy_weights, get_weights, load_pretrained, load_weights, save_weights, set_weights
from utils.transfer import linear_probe

__all__ = [
    "activations",
    "augment",
    "batches",
    "cached_features",
    "catdog_convnet",
    "class_activation_map",
    "copy_weights",
    "count_parameters",
    "dense_net",
    "evaluate",
    "fit",
    "freeze",
    "gap_convnet",
    "get_weights",
    "grad_cam",
    "integrated_gradients",
    "lenet",
    "lenet_bn",
    "linear_probe",
    "load_pretrained",
    "load_weights",
    "maximize_filter",
    "mobilenet_v2",
    "occlusion",
    "predict",
    "resnet18",
    "saliency",
    "save_weights",
    "set_weights",
    "small_convnet",
    "small_convnet_without_pooling",
    "small_resnet",
    "smooth_grad",
    "squeezenet",
    "summary",
    "unfreeze",
    "vgg16",
    "vgg16_small",
]
