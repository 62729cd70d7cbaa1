"""The picture that a filter of a PyTorch model answers most to."""

import numpy as np
import torch
from torch import nn

from utils import guards, maximizing
from utils.torch import observing


def maximize_filter(
    model,
    layer,
    filter,
    *,
    size=None,
    steps=96,
    learning_rate=0.1,
    jitter=4,
    blur=0.0,
    total_variation=0.0,
    fourier=True,
    seed=0,
):
    """Gradient ascent to a picture on which a filter's mean output is high (Erhan et al. 2009; Olah et al. 2017).

    A unit of a dense layer, such as a logit, is climbed on in the same way. Behind a ReLU, a filter that is silent on
    the starting picture can not be climbed on: name the layer before it.

    Args:
        model: any that takes float32 images in [0, 1].
        layer: its name, as `activations` has it.
        filter: number of its channel or unit.
        size: of the picture, an int or (height, width); None for that of the model's images.
        steps: of the ascent.
        learning_rate: length of a step, as the root mean square change of the picture before the sigmoid that keeps it
            between 0 and 1.
        jitter: pixels by which the picture is shifted at most, around the border, before each step.
        blur: standard deviation in pixels of a Gaussian that smooths the picture after each step.
        total_variation: how much the mean step from pixel to pixel counts against the filter's output.
        fourier: whether the parameters are waves, with colors along the axes of photos, or the pixels themselves.
        seed: of the first picture, nearly gray, and of the jitter; both are the same in both wings.

    Returns:
        float32 (height, width, channels) in [0, 1].

    Raises:
        ValueError: model is none of this wing's, there is no such layer or filter, an argument makes no sense, or the
            filter has no gradient at all on the starting picture.
    """
    ascent = maximizing.Ascent(steps, learning_rate, jitter, blur, total_variation, fourier, seed)
    shape = maximizing.picture_shape(_input_shape(model), size)
    output = observing.outputs(model, np.full((1, *shape), 0.5, "float32"), [layer])[layer]
    filter = maximizing.check_filter(layer, filter, output.shape[-1])
    return maximizing.climb(shape, ascent, _gradient(model, layer, filter), layer, filter)


def _input_shape(model):
    """(height, width, channels) of the model's images, None for what is left open. ValueError for what is no model."""
    if not isinstance(model, nn.Module):
        raise guards.no_model(model)
    channels = [part.in_channels for part in model.modules() if isinstance(part, nn.Conv2d)]
    return getattr(model, "input_shape", (None, None, channels[0] if channels else None))


def _gradient(model, layer, filter):
    """A function from a picture to the gradient of the filter's mean output by it."""

    @torch.enable_grad()
    def by_picture(picture):
        pictures = observing.tensors(model, picture[None]).requires_grad_()
        with observing.observed(model, [layer]) as seen:
            observing.call(model, pictures)
        value = seen[layer].select(1, filter).mean()
        return observing.arrays(torch.autograd.grad(value, pictures)[0])[0]

    return by_picture
