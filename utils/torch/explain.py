"""Maps that say what a PyTorch model's answer rests on. Each is of one logit, not of a probability."""

from functools import partial

from torch import nn

from utils import attribution, explaining, guards, inputs
from utils.torch import observing
from utils.torch.inference import check_range


def activations(model, images, layers=None):
    """What layers of a model give for images. The model infers, and stays as it is.

    Args:
        model: any nn.Module.
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        layers: their names, with dots for those in blocks and nested models, as `get_weights` has them; None for all.

    Returns:
        {layer: float32 (N, height, width, channels) or (N, units)}, in the order in which they are computed. What a
        flatten layer gives is in the order row, column, channel, as in Keras; layers between it and the next dense
        layer, such as dropout, give PyTorch's own: channel, row, column. A layer used several times gives its last
        output.

    Raises:
        ValueError: the images do not fit, there is no such layer, or it gives no tensor.
    """
    guards.check_images(images)
    check_range(model, images)
    return observing.outputs(model, inputs.to_float(images), layers)


def class_activation_map(model, images, classes=None):
    """Where a class is seen by a model that ends in global average pooling and a dense layer (Zhou et al. 2016).

    The last feature maps, weighted as the dense layer weights their means: the mean over the map, before it is
    enlarged, plus the bias is the logit.

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.

    Returns:
        float32 (N, height, width), enlarged to the images' size, bilinearly. Signed: below 0 is evidence against.

    Raises:
        ValueError: images, classes and model do not fit together, or the model ends otherwise.
    """
    images, classes = _prepared(model, images, classes)
    kernel, bias = _head(model, images)
    layer = _map_layer(model, images, None)
    maps, logits = observing.outputs(model, images, [layer])[layer], observing.logits(model, images)
    return explaining.resize(explaining.class_map(maps, kernel, bias, logits, classes), images.shape[1:3])


def _head(model, images):
    """Kernel (units, classes) and bias of the dense layer that is computed last."""
    known = observing.named_layers(model)
    dense = [name for name in observing.outputs(model, images[:1]) if isinstance(known[name], nn.Linear)]
    if not dense:
        raise explaining.no_head()
    layer = known[dense[-1]]
    return observing.arrays(layer.weight).T, 0 if layer.bias is None else observing.arrays(layer.bias)


def grad_cam(model, images, classes=None, layer=None):
    """Where a class is seen, by the gradient of its logit by feature maps (Selvaraju et al. 2017).

    Maps are weighted by the mean of the gradient over each; what is below 0 becomes 0. Behind global average pooling it
    is `class_activation_map` without what is negative, divided by the number of cells.

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.
        layer: name of one that gives feature maps; None for the last such layer.

    Returns:
        float32 (N, height, width), enlarged to the images' size, bilinearly.

    Raises:
        ValueError: images, classes and model do not fit together, or the layer gives no feature map.
    """
    images, classes = _prepared(model, images, classes)
    layer = _map_layer(model, images, layer)

    def of_few(images, classes):
        return explaining.gradient_map(*observing.map_gradients(model, images, classes, layer))

    return explaining.resize(explaining.in_batches(of_few, images, classes), images.shape[1:3])


def saliency(model, images, classes=None):
    """How much a logit changes with each pixel: the gradient's largest absolute value over channels (Simonyan et al.
    2014, "Deep inside convolutional networks").

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.

    Returns:
        float32 (N, height, width).

    Raises:
        ValueError: images, classes and model do not fit together.
    """
    images, classes = _prepared(model, images, classes)
    return attribution.saliency(observing.gradients(model, images, classes))


def smooth_grad(model, images, classes=None, *, samples=25, noise=0.1, seed=0):
    """`saliency` of the mean gradient over noisy copies of each image (Smilkov et al. 2017).

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.
        samples: copies of each image.
        noise: standard deviation of the noise, as a share of the image's range; copies are cut off at that range.
        seed: of the noise, which is the same for each image, and in both wings.

    Returns:
        float32 (N, height, width).

    Raises:
        ValueError: images, classes and model do not fit together, or an argument makes no sense.
    """
    images, classes = _prepared(model, images, classes)
    gradients = partial(observing.gradients, model)
    return attribution.saliency(attribution.smooth_grad(images, classes, gradients, samples, noise, seed))


def integrated_gradients(model, images, classes=None, *, baseline=0, steps=50):
    """What each number of a picture adds to a logit on the straight way from a baseline (Sundararajan et al. 2017).

    It is complete: attributions add up to the logit of the image less that of the baseline. Where they miss it by more
    than 5 %, because `steps` are too few, a RuntimeWarning says so.

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.
        baseline: the number in all pixels where the way begins; 0 is black.
        steps: pieces of the way, in the middle of which gradients are taken.

    Returns:
        float32 (N, height, width, channels), signed.

    Raises:
        ValueError: images, classes and model do not fit together, or an argument makes no sense.
    """
    images, classes = _prepared(model, images, classes)
    gradients, logits = partial(observing.gradients, model), partial(observing.logits, model)
    return attribution.integrated_gradients(images, classes, gradients, logits, baseline, steps)


def occlusion(model, images, classes=None, *, window=16, stride=8, value=0.5):
    """How much a logit falls when a square of the image is covered (Zeiler and Fergus 2014).

    They watched the probability; the logit also falls where a sure network stays sure.

    Args:
        model: gives logits (N, classes).
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels).
        classes: integers (N,); None for the predicted ones.
        window: side of the square, in pixels.
        stride: pixels from one square to the next; the last ones end at the border.
        value: what covers it; 0.5 is gray.

    Returns:
        float32 (N, height, width): the mean fall over the squares that cover a pixel, below 0 where the logit rises.

    Raises:
        ValueError: images, classes and model do not fit together, or an argument makes no sense.
    """
    images, classes = _prepared(model, images, classes)
    return attribution.occlusion(images, classes, partial(observing.logits, model), window, stride, value)


def _prepared(model, images, classes):
    """Images as float32, and the classes to explain; ValueError for what does not fit."""
    guards.check_images(images)
    check_range(model, images)
    images = inputs.to_float(images)
    outputs = observing.logits(model, images if classes is None else images[:1])
    return images, explaining.checked_classes(classes, outputs, len(images))


def _map_layer(model, images, layer):
    if layer is not None:
        explaining.check_layers([layer], observing.named_layers(model))
    outputs = observing.outputs(model, images[:1])
    return explaining.map_layer(layer, {name: output.shape for name, output in outputs.items()})
