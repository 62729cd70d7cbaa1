"""Looking into PyTorch models without changing them: layers' outputs, logits, gradients. NumPy in, NumPy out.

Images are float32 (N, height, width, channels). The model infers meanwhile; afterwards its modes are what they were.
"""

from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from utils import explaining, guards
from utils.torch.batches import to_tensor


def named_layers(model):
    """{name: layer} of all layers that hold no others; those in blocks and models within have dots in their names."""
    return {name: layer for name, layer in model.named_modules() if next(layer.children(), None) is None}


@contextmanager
def observed(model, layers):
    """A dict that collects, while the model is called in this context, {layer: output}, in the order of the calls.

    A layer that is used several times leaves its last output.
    """
    seen, known = {}, named_layers(model)
    explaining.check_layers(layers, known)

    def note(name):
        def hook(layer, given, output):
            if not isinstance(output, torch.Tensor):
                return None
            seen.pop(name, None)
            if isinstance(layer, nn.Flatten) and given[0].ndim == 4:
                # in the order row, column, channel, as in the other wing; the net itself goes on with its own order
                seen[name] = layer.forward(given[0].permute(0, 2, 3, 1))
            else:
                seen[name] = output
            return output.clone()  # what comes next may work in place

        return hook

    handles = [known[name].register_forward_hook(note(name)) for name in dict.fromkeys(layers)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def inference(model):
    """The model in inference mode, and afterwards each of its parts in the mode that it had."""
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def call(model, pictures):
    """What the model makes of tensors (N, channels, height, width)."""
    try:
        with inference(model):
            return model(pictures)
    except RuntimeError as error:
        _, channels, height, width = pictures.shape
        raise guards.does_not_fit((height, width, channels)) from error


def tensors(model, images):
    """Images as the model's own kind of tensor: on its device, of its precision."""
    return to_tensor(images).to(next(model.parameters(), torch.empty(0)))


def arrays(output):
    """A layer's output as a float32 array of its own, channels last."""
    output = output.movedim(1, -1) if output.ndim == 4 else output
    return np.array(output.float().numpy(force=True), order="C")


@torch.no_grad()
def logits(model, images):
    """What the model gives, logits if it is a classifier: float32 (N, classes)."""
    return explaining.in_batches(lambda few: arrays(call(model, tensors(model, few))), images)


@torch.no_grad()
def outputs(model, images, layers=None):
    """{layer: its output} of these layers or, with None, of all: float32 (N, …), channels last."""
    parts = []
    for few in explaining.few_at_once(len(images), images.shape[1] * images.shape[2]):
        with observed(model, named_layers(model) if layers is None else layers) as seen:
            call(model, tensors(model, images[few]))
        parts.append({name: arrays(output) for name, output in seen.items()})
    for name in layers or ():
        if name not in parts[0]:
            raise explaining.silent(name)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def gradients(model, images, classes):
    """The gradient of each image's logit of its class by that image: float32 (N, height, width, channels)."""
    return explaining.in_batches(lambda few, theirs: _gradients(model, few, theirs), images, classes)


@torch.enable_grad()
def _gradients(model, images, classes):
    pictures = tensors(model, images).requires_grad_()
    return arrays(torch.autograd.grad(chosen(call(model, pictures), classes), pictures)[0])


@torch.enable_grad()
def map_gradients(model, images, classes, layer):
    """A layer's output for one batch, and the gradient of the images' logits by it: two float32 arrays."""
    with observed(model, [layer]) as seen:
        logits = call(model, tensors(model, images).requires_grad_())
    (by_maps,) = torch.autograd.grad(chosen(logits, classes), seen[layer])
    return arrays(seen[layer]), arrays(by_maps)


def chosen(logits, classes):
    """The sum of one logit of each image: what comes of it by one image is the gradient of its own."""
    return logits[torch.arange(len(classes)), torch.from_numpy(classes)].sum()
