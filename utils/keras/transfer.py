"""What a pre-trained network is used for in Keras: its features, and training some of its layers."""

import keras

from utils import guards, inputs, summaries, transfer
from utils.keras.inference import check_range, output_of_one
from utils.keras.models import count_parameters


def freeze(model, *names):
    """Take layers out of training: their weights, and statistics of batch norms, stay as they are.

    Args:
        model: a Keras model.
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
    if not isinstance(model, keras.Model):
        raise guards.no_model(model)
    layers = dict(_leaves(model))
    flags = {name: layer.trainable for name, layer in layers.items()}
    flags |= dict.fromkeys(transfer.chosen(names, list(layers)), trainable)
    model.trainable = True  # a model that is frozen as a whole trains none of its layers, whatever they say
    for name, layer in layers.items():
        layer.trainable = flags[name]
    return count_parameters(model)


def _leaves(model, prefix=""):
    """("layer", layer) for all layers with weights, models within it included."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer, f"{prefix}{layer.name}.")
        elif not layer.built:
            raise summaries.unbuilt(f"{prefix}{layer.name}")
        elif layer.weights:
            yield f"{prefix}{layer.name}", layer


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


def _features(model, images, pool):
    maps = keras.ops.cast(model(inputs.to_float(images), training=False), "float32")
    return (keras.ops.mean(maps, axis=(1, 2)) if pool else maps).numpy()
