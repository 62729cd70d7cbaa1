"""Looking into Keras models without changing them: layers' outputs, logits, gradients. NumPy in, NumPy out.

Images are float32 (N, height, width, channels). The model infers; Keras' models have no mode to be put back.
"""

from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf

from utils import explaining, guards


def named_layers(model, prefix=""):
    """{name: layer} of all layers that hold no others; those in blocks and models within have dots in their names."""
    found = {}
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found |= named_layers(layer, f"{prefix}{layer.name}.")
        elif not isinstance(layer, keras.layers.InputLayer):
            found[f"{prefix}{layer.name}"] = layer
    return found


@contextmanager
def observed(model, layers):
    """A dict that collects, while the model is called in this context, {layer: output}, in the order of the calls.

    A layer that is used several times leaves its last output. A second model from the first's inputs to `layer.output`
    would do as well, but not for layers of models within models: these have a graph of their own.
    """
    seen, known = {}, named_layers(model)
    explaining.check_layers(layers, known)

    def noting(name, original):
        def noted(*args, **kwargs):
            output = original(*args, **kwargs)
            if keras.ops.is_tensor(output):
                seen.pop(name, None)
                seen[name] = output
            return output

        return noted

    layers = dict.fromkeys(layers)  # each once
    for name in layers:
        vars(known[name])["call"] = noting(name, known[name].call)
    try:
        yield seen
    finally:
        for name in layers:
            del vars(known[name])["call"]


def call(model, images):
    """What the model makes of images."""
    try:
        return model(images, training=False)
    except (ValueError, tf.errors.OpError) as error:
        if "Preprocess.call()" in str(error):  # it is not the shape that this layer complains about
            raise
        raise guards.does_not_fit(tuple(images.shape[1:])) from error


def arrays(output):
    """A layer's output as a float32 array of its own."""
    return output.numpy().astype("float32")


def logits(model, images):
    """What the model gives, logits if it is a classifier: float32 (N, classes)."""
    return explaining.in_batches(lambda few: arrays(call(model, few)), images)


def outputs(model, images, layers=None):
    """{layer: its output} of these layers or, with None, of all: float32 (N, …), channels last."""
    parts = []
    for few in explaining.few_at_once(len(images), images.shape[1] * images.shape[2]):
        with observed(model, named_layers(model) if layers is None else layers) as seen:
            call(model, images[few])
        parts.append({name: arrays(output) for name, output in seen.items()})
    for name in layers or ():
        if name not in parts[0]:
            raise explaining.silent(name)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def gradients(model, images, classes):
    """The gradient of each image's logit of its class by that image: float32 (N, height, width, channels)."""
    return explaining.in_batches(lambda few, theirs: _gradients(model, few, theirs), images, classes)


def _gradients(model, images, classes):
    pictures = tf.convert_to_tensor(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(pictures)
        value = chosen(call(model, pictures), classes)
    return arrays(tape.gradient(value, pictures))


def map_gradients(model, images, classes, layer):
    """A layer's output for one batch, and the gradient of the images' logits by it: two float32 arrays."""
    pictures = tf.convert_to_tensor(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape, observed(model, [layer]) as seen:
        tape.watch(pictures)
        value = chosen(call(model, pictures), classes)
    return arrays(seen[layer]), arrays(tape.gradient(value, seen[layer]))


def chosen(logits, classes):
    """The sum of one logit of each image: what comes of it by one image is the gradient of its own."""
    return tf.reduce_sum(tf.gather(logits, classes, batch_dims=1))
