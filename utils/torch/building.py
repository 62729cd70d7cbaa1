"""What the builders of networks share: lazy layers, head, preprocessing, the weights to start from."""

import math
from collections import OrderedDict

import torch
from torch import nn

from utils import defaults, guards
from utils.torch.layers import GlobalAveragePool2d, Preprocess


def sequential(input_shape, **stack):
    """A network of these layers that starts as Keras' do: Glorot's uniform rule for kernels, zero for biases."""
    return _build(input_shape, stack).apply(start_by_glorot)


def deep(input_shape, **stack):
    """The same, but with convolutions that start by He's rule."""
    return sequential(input_shape, **stack).apply(start_by_he)


def pretrainable(input_shape, classes, facts, channels, **stack):
    """A network of published weights: preprocessing, these layers, and with `classes` a classifier on `channels`."""
    guards.check_pretrained_architecture(input_shape, classes)
    head = {} if classes is None else {"gap": GlobalAveragePool2d(), "logits": nn.Linear(channels, classes)}
    model = _build(input_shape, {"preprocess": Preprocess(facts), **stack, **head})
    return model.apply(start_by_glorot).apply(start_by_he)


@torch.no_grad()
def _build(input_shape, stack):
    model = nn.Sequential(OrderedDict(stack))
    height, width, channels = input_shape
    model.input_shape = (height, width, channels)
    try:
        # tells lazy layers how many numbers reach them; batch norms learn nothing from it in this mode
        model.eval()(torch.zeros(1, channels, height, width))
    except RuntimeError as error:
        raise guards.too_small(input_shape) from error
    return model.train()


@torch.no_grad()
def start_by_glorot(layer):
    """Kernels by Glorot's uniform rule (Glorot is Xavier's family name), biases at zero."""
    if isinstance(layer, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


@torch.no_grad()
def start_by_he(layer):
    """Kernels of convolutions by He's uniform rule."""
    if isinstance(layer, nn.Conv2d):
        limit = math.sqrt(3 * defaults.HE_VARIANCE / layer.weight[0].numel())  # a uniform variance is limit² / 3
        nn.init.uniform_(layer.weight, -limit, limit)


def batch_norm(channels, epsilon=defaults.BATCH_NORM_EPSILON):
    """A batch norm with the constants of `utils.defaults`."""
    return nn.BatchNorm2d(channels, eps=epsilon, momentum=1 - defaults.BATCH_NORM_MOMENTUM)
