"""What a pre-trained network is used for in PyTorch: its features, and training some of its layers."""

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from utils import guards, summaries, transfer
from utils.torch import observing
from utils.torch.inference import check_range, output_of_one
from utils.torch.models import count_parameters


def freeze(model, *names):
    """Take layers out of training: their weights stay as they are, and where `fit` trains, statistics of batch norms.

    In a training loop of your own, batch norms go on collecting statistics as long as they are in training mode: call
    `.eval()` on those that are frozen.

    Args:
        model: a PyTorch module.
        names: layers, or beginnings of layers' names up to a "." or "_" ("block5" is all of block5_conv1 …); none
            means every layer.

    Returns:
        The number of parameters that are still trained.

    Raises:
        ValueError: there is no such layer; it is said which there are. Then nothing is changed.
    """
    return _set(model, names, False)


def unfreeze(model, *names):
    """Take layers into training again; arguments, result and errors are those of `freeze`."""
    return _set(model, names, True)


def _set(model, names, trainable):
    if not isinstance(model, nn.Module):
        raise guards.no_model(model)
    layers = {
        name: layer for name, layer in model.named_modules() if next(layer.parameters(recurse=False), None) is not None
    }
    for name, layer in layers.items():
        if any(map(is_lazy, layer.parameters(recurse=False))):
            raise summaries.unbuilt(name)
    for name in transfer.chosen(names, list(layers)):
        for weights in layers[name].parameters(recurse=False):
            weights.requires_grad = trainable
    return count_parameters(model)


def cached_features(model, images, *, batch_size=64, pool=True, progress=False):
    """What a network without its classifier makes of images, computed once: a classifier on it then trains in seconds.

    Args:
        model: ends in a feature map, such as `vgg16(classes=None)`.
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        batch_size: images at once; changes memory and time, not the result.
        pool: whether to average over each map.
        progress: whether to show a bar that fills, on terminals.

    Returns:
        float32 (N, features), or without pooling (N, height, width, features).

    Raises:
        ValueError: images and model do not fit together, or the model does not end in a feature map.
    """
    guards.check_images(images)
    guards.check_batch_size(batch_size)
    check_range(model, images)
    transfer.check_maps(output_of_one(model, images).shape)
    return transfer.gathered(images, batch_size, progress, lambda part: _features(model, part, pool))


@torch.no_grad()
def _features(model, images, pool):
    with observing.inference(model):
        maps = model(observing.tensors(model, images)).float()
    return (maps.mean(dim=(2, 3)) if pool else maps.permute(0, 2, 3, 1)).numpy(force=True)
