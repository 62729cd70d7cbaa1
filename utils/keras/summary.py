"""A Keras model's layers as a table. The model's graph is followed with shapes alone: no picture is computed."""

import math
from dataclasses import replace

import keras
from keras import layers

from utils import guards, summaries
from utils.keras.layers import Preprocess
from utils.summaries import Row, Summary, View

# Neutral names, for both wings: a layer of another kind goes by the name of its class.
KINDS = {
    layers.Conv2D: "convolution",
    layers.DepthwiseConv2D: "depthwise convolution",
    layers.SeparableConv2D: "separable convolution",
    layers.Conv2DTranspose: "transposed convolution",
    layers.Dense: "dense",
    layers.MaxPooling2D: "max pooling",
    layers.AveragePooling2D: "average pooling",
    layers.GlobalMaxPooling2D: "global max pooling",
    layers.GlobalAveragePooling2D: "global average pooling",
    layers.UpSampling2D: "upsampling",
    layers.ZeroPadding2D: "padding",
    layers.BatchNormalization: "batch normalization",
    layers.LayerNormalization: "layer normalization",
    layers.GroupNormalization: "group normalization",
    **dict.fromkeys((layers.Activation, layers.ReLU, layers.LeakyReLU, layers.PReLU, layers.ELU), "activation"),
    layers.Softmax: "activation",
    **dict.fromkeys((layers.Dropout, layers.SpatialDropout2D), "dropout"),
    layers.Flatten: "flatten",
    layers.Reshape: "reshape",
    layers.Identity: "identity",
    layers.Add: "addition",
    layers.Multiply: "multiplication",
    layers.Concatenate: "concatenation",
    **dict.fromkeys((Preprocess, layers.Rescaling, layers.Normalization), "preprocessing"),
    **dict.fromkeys((layers.RandomFlip, layers.RandomRotation, layers.RandomZoom), "augmentation"),
    **dict.fromkeys((layers.RandomTranslation, layers.RandomContrast, layers.RandomBrightness), "augmentation"),
}
# Operations of `keras.ops` and operators, which are no layers, that leave every number where it is.
IN_PLACE = {"Pad", "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Concatenate", "Relu", "Relu6", "Sigmoid"}
STATISTICS = ("moving_mean", "moving_variance")
TAPS = {"nearest": 1, "bilinear": 2}  # cells along an axis that an upsampled number comes from


def summary(model, size=None):
    """A table of a model's layers: output shapes, parameters, FLOPs and receptive fields, the same in both wings.

    Layers of models within the model have dotted names, such as "layer1.0.conv1".

    Args:
        model: a keras.Sequential or a model built from keras.Input, of one picture (height, width, channels).
        size: (height, width) of the pictures; None for the size that the model was built for. The table for another
            size is that of the same layers, even where Keras would ask to build the model anew to call it.

    Returns:
        utils.summaries.Summary, whose docstring and module say what is counted. Nothing is computed or changed.

    Raises:
        ValueError: model is none of Keras, or has no graph of layers, or one without weights yet; size is no pair of
            whole numbers, too small for the model, or another than that which a model that flattens was built for.
    """
    _check(model)
    inputs = model.inputs[0]
    height, width = size = summaries.checked_size(size, inputs.shape[1:])
    channels = inputs.shape[-1]
    walk = _Walk(size)
    walk.follow(model, [keras.KerasTensor((1, height, width, channels), dtype=inputs.dtype)], [View(size)])
    return Summary((height, width, channels), tuple(walk.rows))


def _check(model):
    """Refuse what is no built model of one picture."""
    if not isinstance(model, keras.Model):
        raise guards.no_model(model)
    waiting = [layer.name for layer in model.layers if not layer.built]
    if waiting:
        raise summaries.unbuilt(waiting[0])
    if not _has_graph(model):
        raise ValueError("The model has no graph of layers to read: build it from keras.Input, or as keras.Sequential.")
    taken = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    if len(taken) != 1 or len(taken[0]) != 3 or taken[0][-1] is None:
        raise ValueError(
            f"The model takes inputs of shape {', '.join(map(str, taken))}: "
            f"summary is for models of one picture, (height, width, channels)."
        )


def _has_graph(layer):
    return isinstance(layer, keras.Model) and getattr(layer, "outputs", None) is not None


class _Walk:
    """The way of a picture of `size` through a model: `rows` of the layers that it has passed."""

    def __init__(self, size):
        self.size, self.rows, self._counted = size, [], set()

    def follow(self, model, given, seen, prefix=""):
        """Outputs of a model, and what they see of the picture, for inputs that are `given` and see what is `seen`."""
        tensors = {id(tensor): value for tensor, value in zip(model.inputs, given)}
        views = {id(tensor): view for tensor, view in zip(model.inputs, seen)}
        for node in _nodes(model):
            args, kwargs = node.arguments.fill_in(tensors)
            inputs = [id(tensor) for tensor in node.input_tensors]
            values, sights = [tensors[key] for key in inputs], [views[key] for key in inputs]
            name = f"{prefix}{node.operation.name}"
            if _has_graph(node.operation):
                made, views_made = self.follow(node.operation, values, sights, f"{name}.")
            else:
                made = self._made(name, node.operation, args, kwargs)
                view = _view(node.operation, summaries.together(sights), values[0].shape, made[0].shape)
                views_made = [view] * len(made)
                self._note(name, node.operation, values[0].shape[1:], made[0].shape[1:], view)
            tensors |= {id(tensor): value for tensor, value in zip(node.outputs, made)}
            views |= {id(tensor): view for tensor, view in zip(node.outputs, views_made)}
        return [tensors[id(tensor)] for tensor in model.outputs], [views[id(tensor)] for tensor in model.outputs]

    def _made(self, name, operation, args, kwargs):
        if isinstance(operation, layers.Dense) and operation.kernel.shape[0] != args[0].shape[-1]:
            raise summaries.misfit(name, operation.kernel.shape[0], args[0].shape[-1], self.size)
        try:
            if isinstance(operation, layers.Concatenate):  # whose own rule takes maps of any sizes
                return [keras.ops.concatenate(args[0], operation.axis)]
            return keras.tree.flatten(operation.compute_output_spec(*args, **kwargs))
        except ValueError as error:
            raise summaries.too_small(self.size) from error

    def _note(self, name, layer, given, made, view):
        if not isinstance(layer, layers.Layer):
            return
        weights = [w for w in layer.weights if w.name not in STATISTICS and id(w) not in self._counted]
        self._counted |= {id(w) for w in weights}
        counts = (sum(math.prod(w.shape) for w in chosen) for chosen in (weights, [w for w in weights if w.trainable]))
        field = view and view.receptive_field
        self.rows.append(Row(name, _kind(layer), tuple(made), *counts, _flops(layer, given, made), field))


def _nodes(model):
    """The calls that a model's graph consists of, each behind those that it takes from."""
    ends = {id(tensor) for tensor in model.inputs}

    def calls(tensors):
        histories = [tensor._keras_history for tensor in tensors if id(tensor) not in ends]
        return [history.operation._inbound_nodes[history.node_index] for history in histories]

    return summaries.in_order(calls(model.outputs), lambda node: calls(node.input_tensors))


def _kind(layer):
    if isinstance(layer, layers.Conv2D) and layer.groups > 1 and layer.kernel.shape[2] == 1:
        return "depthwise convolution"
    return next((KINDS[base] for base in type(layer).__mro__ if base in KINDS), type(layer).__name__)


def _flops(layer, given, made):
    kind = _kind(layer)
    if kind == "separable convolution":
        between = (*made[:2], given[-1] * layer.depth_multiplier)
        depthwise = summaries.flops("depthwise convolution", given, between, layer.kernel_size, groups=given[-1])
        return depthwise + summaries.flops("convolution", between, made)
    if kind not in KINDS.values() and layer.weights:
        return None
    groups = given[-1] if isinstance(layer, layers.DepthwiseConv2D) else getattr(layer, "groups", 1)
    return summaries.flops(kind, given, made, getattr(layer, "kernel_size", (1, 1)), groups)


def _view(operation, view, given, made):
    """What the outputs of a layer or operation see, if its inputs together see `view`; None where it is not known."""
    known = _kind(operation) in KINDS.values() or type(operation).__name__ in IN_PLACE
    if view is None or not known:
        return None
    view = _widened(operation, view, len(given))
    return replace(view, cells=tuple(made[1:3])) if len(made) == 4 else view


def _widened(layer, view, rank):
    if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.SeparableConv2D):
        return view.through(layer.kernel_size, layer.strides, layer.dilation_rate)
    if isinstance(layer, layers.MaxPooling2D | layers.AveragePooling2D):
        return view.through(layer.pool_size, layer.strides)
    if isinstance(layer, layers.Conv2DTranspose):
        return view.spread(layer.kernel_size, layer.strides, layer.dilation_rate)
    if isinstance(layer, layers.UpSampling2D):
        return view.spread([TAPS.get(layer.interpolation, 4) * by for by in layer.size], layer.size)
    if isinstance(layer, layers.GlobalMaxPooling2D | layers.GlobalAveragePooling2D):
        return view.whole()
    return view.whole() if isinstance(layer, layers.Dense) and rank == 2 else view
