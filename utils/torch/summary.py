"""A PyTorch model's layers as a table. One black picture is sent through: hooks see the layers, and the graph that
autograd records of the way, functions between the layers included, tells what each of them sees of the picture.
"""

import re
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from utils import guards, summaries
from utils.summaries import Row, Summary, View
from utils.torch import observing
from utils.torch.layers import Add, Concatenate, GlobalAveragePool2d, Preprocess

# Neutral names, for both wings: a layer of another kind goes by the name of its class.
ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Softmax)
KINDS = {
    nn.Conv2d: "convolution",
    nn.ConvTranspose2d: "transposed convolution",
    nn.Linear: "dense",
    nn.MaxPool2d: "max pooling",
    nn.AvgPool2d: "average pooling",
    nn.AdaptiveMaxPool2d: "max pooling",
    nn.AdaptiveAvgPool2d: "average pooling",
    GlobalAveragePool2d: "global average pooling",
    nn.Upsample: "upsampling",
    nn.ZeroPad2d: "padding",
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d), "batch normalization"),
    nn.LayerNorm: "layer normalization",
    nn.GroupNorm: "group normalization",
    **dict.fromkeys(ACTIVATIONS, "activation"),
    **dict.fromkeys((nn.Dropout, nn.Dropout2d), "dropout"),
    nn.Flatten: "flatten",
    nn.Unflatten: "reshape",
    nn.Identity: "identity",
    Add: "addition",
    Concatenate: "concatenation",
    Preprocess: "preprocessing",
}
# What autograd calls steps that leave every number where it is, or only lay them out anew.
IN_PLACE = re.compile(
    "Abs|Add|Addcmul|Alias|Cat|Clamp|ClampMin|Clone|ConstantPadNd|Copy|CudnnBatchNorm|Div|Elu|Exp|Expand|Flip|Gelu|Hardsigmoid|"
    "Hardswish|Hardtanh|LeakyRelu|Log|LogSoftmax|Maximum|Minimum|Mish|Mul|NativeBatchNorm|NativeGroupNorm|"
    "NativeLayerNorm|Neg|Permute|Pow|PreluKernel|ReflectionPad2D|Relu|ReplicationPad2D|ReshapeAlias|Sigmoid|Silu|"
    "Slice|Softmax|Softplus|Split|Sqrt|Squeeze|Sub|T|Tanh|Threshold|ToCopy|Transpose|UnsafeView|Unsqueeze|View"
)
CUT = {"ConstantPadNd", "ReflectionPad2D", "ReplicationPad2D", "Slice"}  # those that change how many cells there are
TAPS = {"UpsampleNearest2D": 1, "UpsampleBilinear2D": 2, "UpsampleBicubic2D": 4}  # cells that a number comes from


@torch.inference_mode(False)
@torch.enable_grad()
def summary(model, size=None):
    """A table of a model's layers: output shapes, parameters, FLOPs and receptive fields, the same in both wings.

    Rows are modules that hold no others, or parameters of their own; those in other modules have dotted names, such as
    "layer1.0.conv1". Functions called between modules have no row, but their windows count in the receptive field.
    Modules that the picture does not pass are left out.

    Args:
        model: an nn.Module of one picture (N, channels, height, width). `model.input_shape`, (height, width,
            channels), is heeded where it is set.
        size: (height, width) of the pictures; None for the size that the model was built for, `model.input_shape`.

    Returns:
        utils.summaries.Summary, whose docstring and module say what is counted. Nothing is changed.

    Raises:
        ValueError: model is none of PyTorch, or has a layer without weights yet; size is no pair of whole numbers, too
            small for the model, or another than that which a model that flattens was built for; or how large or deep
            pictures are is not known.
    """
    _check(model)
    height, width = size = summaries.checked_size(size, getattr(model, "input_shape", ()))
    channels = _channels(model, height * width)
    weight = next(model.parameters(), torch.zeros(0))
    # times 1, so that a layer may change it in place, which a tensor that asks for its gradient forbids
    picture = torch.zeros(1, channels, height, width, dtype=weight.dtype, device=weight.device, requires_grad=True) * 1
    start = picture.grad_fn
    with observing.inference(model), _noted(model, size) as calls:
        try:
            outputs = model(picture)
        except RuntimeError as error:
            raise summaries.too_small(size) from error
    views = _views(start, [tensor.grad_fn for tensor in _tensors(outputs)], View(size))
    place = {node: number for number, node in enumerate(views)}
    calls.sort(key=lambda call: place.get(call[0], len(place)))
    seen = ((row, views.get(node)) for node, row in calls)
    rows = (replace(row, receptive_field=view and view.receptive_field) for row, view in seen)
    return Summary((height, width, channels), tuple(rows))


def _check(model):
    """Refuse what is no built model."""
    if not isinstance(model, nn.Module):
        raise guards.no_model(model)
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise summaries.unbuilt(name.rpartition(".")[0])


def _channels(model, pixels):
    """How many channels a model's pictures have: what `input_shape` says, or else its first convolution."""
    if len(getattr(model, "input_shape", ())) == 3:
        return model.input_shape[-1]
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            return layer.in_channels
        if isinstance(layer, nn.Linear) and layer.in_features % pixels == 0:
            return layer.in_features // pixels
    raise ValueError(
        "How many channels the pictures have can not be seen from the model's layers: "
        "set model.input_shape = (height, width, channels)."
    )


@contextmanager
def _noted(model, size):
    """The calls of a model's layers while this lasts: [(node of autograd's graph, row without receptive field)]."""
    calls, counted = [], set()

    def note(name):
        return lambda layer, args, kwargs, output: calls.extend(_calls(name, layer, (args, kwargs), output, counted))

    layers = [(name or type(module).__name__, module) for name, module in model.named_modules() if _is_layer(module)]
    hooks = [module.register_forward_hook(note(name), with_kwargs=True) for name, module in layers]
    dense = [(name, module) for name, module in layers if isinstance(module, nn.Linear)]
    hooks += [module.register_forward_pre_hook(_fits(name, size)) for name, module in dense]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def _is_layer(module):
    return next(module.children(), None) is None or next(module.parameters(recurse=False), None) is not None


def _fits(name, size):
    def check(layer, args):
        if args[0].shape[-1] != layer.in_features:
            raise summaries.misfit(name, layer.in_features, args[0].shape[-1], size)

    return check


def _calls(name, module, inputs, output, counted):
    """The call that gave `output`, as `_noted` has it; none where that is no tensor."""
    weights = [weight for weight in module.parameters() if weight not in counted]
    counted.update(weights)
    parameters, trainable = (sum(w.numel() for w in ws) for ws in (weights, [w for w in weights if w.requires_grad]))
    for made in _tensors(output)[:1]:
        given = [*_tensors(inputs), made][0]
        flops = _flops(module, _shape(module, given), _shape(module, made))
        yield made.grad_fn, Row(name, _kind(module), _shape(module, made), parameters, trainable, flops, None)


def _tensors(values):
    """All tensors in nested tuples, lists and dicts."""
    if isinstance(values, torch.Tensor):
        return [values]
    values = list(values.values()) if isinstance(values, dict) else values
    return [tensor for value in values for tensor in _tensors(value)] if isinstance(values, list | tuple) else []


def _shape(module, tensor):
    """Channels last, where a tensor is a map. Dense layers and layer norms take it as it is: channels are last."""
    sizes = tuple(tensor.shape[tensor.ndim > 1 :])  # a batch of one that was squeezed is gone
    return (*sizes[1:], sizes[0]) if len(sizes) == 3 and not isinstance(module, nn.Linear | nn.LayerNorm) else sizes


def _kind(module):
    if isinstance(module, nn.Conv2d) and 1 < module.groups == module.in_channels:
        return "depthwise convolution"
    kind = next((KINDS[base] for base in type(module).__mro__ if base in KINDS), type(module).__name__)
    return f"global {kind}" if getattr(module, "output_size", None) in (1, (1, 1)) else kind


def _flops(module, given, made):
    if _kind(module) == type(module).__name__ and next(module.parameters(), None) is not None:
        return None
    return summaries.flops(_kind(module), given, made, getattr(module, "kernel_size", 1), getattr(module, "groups", 1))


def _views(start, ends, view):
    """{node of autograd's graph: what its output sees of the picture}, the inputs of each node before it.

    The picture is the output of `start`, and sees `view`. Nodes that do not come from it, such as weights, are not
    among them.
    """
    views = {start: view}
    for node in summaries.in_order([end for end in ends if end], _inputs):
        seen = [views[before] for before in _inputs(node) if before in views]
        if seen and node is not start:
            views[node] = _behind(node, summaries.together(seen))
    return views


def _inputs(node):
    return [before for before, _ in node.next_functions if before]


def _behind(node, view):
    """What the output of a node sees whose inputs together see `view`; None where that is not known."""
    name, cells = re.sub(r"Backward\d*$", "", node.name()), _sizes(node)[2:]
    if view is None or len(cells) > 3 or getattr(node, "_saved_step", 1) != 1:  # cells are dealt out among channels
        return None
    if name in ("Addmm", "Mm"):  # a dense layer: on the rows of a map, or on the one of a vector
        return view.whole() if len(_sizes(node)) == 2 and _sizes(node)[0] == 1 else view
    # adaptive pooling to one cell lays it out anew where channels are last in memory
    if IN_PLACE.fullmatch(name) or (name == "AsStrided" and set(cells) == {1}):
        return replace(view, cells=tuple(cells)) if name in CUT and len(cells) == 2 else view
    view = _widened(node, name, view, _sizes(node.next_functions[0][0]), cells)
    return replace(view, cells=tuple(cells)) if view and len(cells) == 2 else view


def _sizes(node):
    """The shape of a node's output."""
    return node._input_metadata[0].shape  # inputs of the way back


def _widened(node, name, view, given, cells):
    if name == "Convolution" and len(cells) == 2:
        widen = view.spread if node._saved_transposed else view.through
        return widen(node._saved_weight.shape[2:], node._saved_stride, node._saved_dilation)
    if name in ("MaxPool2DWithIndices", "AvgPool2D"):
        kernel = node._saved_kernel_size
        return view.through(kernel, node._saved_stride or kernel, getattr(node, "_saved_dilation", (1, 1)))
    if name in ("Mean", "Sum", "Amax"):
        axes = {axis % 4 for axis in getattr(node, "_saved_dim", None) or ()}  # axis -1 is saved as 2**64 - 1
        return view.whole() if len(given) == 4 and axes >= {2, 3} else None
    if name in ("AdaptiveAvgPool2D", "AdaptiveMaxPool2D"):
        return _resized(view.through, given[2:], cells, 1)
    return _resized(view.spread, cells, given[2:], TAPS[name]) if name in TAPS else None


def _resized(widen, more, fewer, taps):
    """Behind a pooling or an upsampling by a whole factor; None for another factor."""
    if any(many % few for many, few in zip(more, fewer)):
        return None
    factors = [many // few for many, few in zip(more, fewer)]
    return widen([taps * by for by in factors], factors)
