"""The PyTorch wing: the same names, signatures and meanings as `utils.keras`."""

from utils.torch.augmentation import augment
from utils.torch.batches import batches
from utils.torch.explain import (
    activations,
    class_activation_map,
    grad_cam,
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
)
from utils.torch.inference import evaluate, predict
from utils.torch.maximize import maximize_filter
from utils.torch.mobile import mobilenet_v2, squeezenet
from utils.torch.models import (
    count_parameters,
    dense_net,
    lenet,
    lenet_bn,
    small_convnet,
    small_convnet_without_pooling,
)
from utils.torch.photo_convnets import catdog_convnet, gap_convnet, small_resnet
from utils.torch.resnets import resnet18
from utils.torch.summary import summary
from utils.torch.training import fit
from utils.torch.transfer import cached_features, freeze, unfreeze
from utils.torch.vgg import vgg16, vgg16_small
from utils.torch.weights import copy_weights, get_weights, load_pretrained, load_weights, save_weights, set_weights
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
