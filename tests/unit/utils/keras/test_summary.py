import math
import re

import keras
import numpy as np
import pytest
from keras import layers

from utils import shapes
from utils.keras import (
    count_parameters,
    dense_net,
    gap_convnet,
    lenet,
    mobilenet_v2,
    resnet18,
    small_resnet,
    squeezenet,
    summary,
    vgg16_small,
)

NETWORKS = (dense_net, lenet, gap_convnet, small_resnet, vgg16_small, resnet18, mobilenet_v2, squeezenet)


def rows(model, size=None):
    return {row.name: row for row in summary(model, size).rows}


def fields(model, size=None):
    return [row.receptive_field for row in summary(model, size).rows]


def sequential(*stack, shape=(8, 8, 1)):
    return keras.Sequential([layers.Input(shape), *stack])


@pytest.mark.parametrize("build", NETWORKS)
def test_parameters_and_shapes_are_those_that_keras_says(build):
    model = build()
    table = rows(model)
    assert table.keys() == {layer.name for layer in model.layers} - {"images"}
    for name, row in table.items():
        layer = model.get_layer(name)
        statistics = sum(math.prod(weights.shape) for weights in layer.non_trainable_weights)
        assert row.parameters == layer.count_params() - statistics, name
        assert row.shape == layer.output.shape[1:], name
    assert summary(model).trainable == count_parameters(model)


def test_the_field_is_that_of_the_pixels_that_a_gradient_reaches():
    import tensorflow as tf

    stack = [
        layers.Conv2D(2, (3, 1), strides=(2, 1), padding="same", kernel_initializer="ones"),
        layers.AveragePooling2D((2, 3), strides=(1, 2)),
        layers.Conv2D(1, 3, dilation_rate=2, kernel_initializer="ones"),
        layers.Conv2DTranspose(1, 1, kernel_initializer="ones"),
    ]
    model = sequential(*stack, shape=(60, 60, 1))
    picture = tf.ones((1, 60, 60, 1))
    with tf.GradientTape() as tape:
        tape.watch(picture)
        maps = model(picture)
        middle = maps[0, maps.shape[1] // 2, maps.shape[2] // 2, 0]
    cells = np.nonzero(tape.gradient(middle, picture).numpy()[0, :, :, 0])
    assert fields(model)[-1] == tuple(int(np.ptp(axis)) + 1 for axis in cells)
    assert fields(model) == [(3, 1), (5, 3), (13, 11), (13, 11)]


def test_frozen_layers_are_not_trainable_and_running_statistics_no_parameters():
    model = small_resnet(input_shape=(32, 32, 3))
    parameters = summary(model).parameters
    for name in ("block3.conv1", "block3.bn1"):
        model.get_layer(name).trainable = False
    table = rows(model)
    assert (table["block3.bn1"].parameters, table["block3.bn1"].trainable) == (2 * 96, 0)
    assert (table["bn1"].parameters, table["bn1"].trainable) == (2 * 24, 2 * 24)
    assert summary(model).parameters == parameters
    assert summary(model).trainable == count_parameters(model) < parameters


def test_a_model_saved_and_loaded_has_the_same_table(tmp_path):
    model = small_resnet(input_shape=(32, 32, 3))
    model.save(tmp_path / "model.keras")
    assert summary(keras.models.load_model(tmp_path / "model.keras")) == summary(model)


def test_any_size_will_do_where_nothing_is_flattened():
    table = summary(gap_convnet(), (41, 90))
    assert table.input_shape == (41, 90, 3)
    assert table.rows[-3].shape == (5, 11, 128)
    open_model = sequential(layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), shape=(None, None, 3))
    assert [row.shape for row in summary(open_model, (9, 7)).rows] == [(7, 5, 2), (2,)]


def test_models_in_models_have_dotted_names():
    inner = sequential(layers.Conv2D(2, 3, padding="same", name="conv"), layers.ReLU(name="relu"), shape=(8, 8, 2))
    inner.name = "inner"
    outer = keras.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 1, name="first"), inner], name="outer")
    images = layers.Input((8, 8, 1))
    model = keras.Model(images, layers.Add(name="add")([outer(images), layers.Conv2D(2, 5, padding="same")(images)]))
    names = list(rows(model))
    assert names[:3] == ["outer.first", "outer.inner.conv", "outer.inner.relu"]
    assert names[4] == "add"
    assert fields(model) == [1, 3, 3, 5, 5]
    assert summary(model).rows[2].shape == (8, 8, 2)


def test_a_layer_used_twice_has_two_rows_and_its_parameters_once():
    conv = layers.Conv2D(2, 3, padding="same", name="conv")
    table = summary(sequential(conv, layers.ReLU(name="relu"), conv, shape=(8, 8, 2)))
    found = [(row.name, row.parameters, row.receptive_field) for row in table.rows]
    assert found == [("conv", 38, 3), ("relu", 0, 3), ("conv", 0, 5)]
    assert table.flops == 2 * shapes.conv2d_flops(2, 2, 3, 8)


def test_a_separable_convolution_counts_as_the_two_that_it_is():
    one = sequential(layers.SeparableConv2D(6, 3, depth_multiplier=2, dilation_rate=2), shape=(12, 12, 4))
    two = sequential(
        layers.DepthwiseConv2D(3, depth_multiplier=2, dilation_rate=2, use_bias=False),
        layers.Conv2D(6, 1),
        shape=(12, 12, 4),
    )
    for what in ("parameters", "flops"):
        assert getattr(summary(one), what) == getattr(summary(two), what)
    assert fields(one) == [5]
    assert summary(one).rows[0].kind == "separable convolution"


def test_operators_and_operations_have_no_row_and_leave_the_field_as_it_is():
    images = layers.Input((8, 8, 1))
    x = layers.Conv2D(2, 3, name="conv")(keras.ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0))))
    model = keras.Model(images, layers.ReLU(name="last")(keras.ops.relu(x * 2 + 1) + images))
    assert {name: row.receptive_field for name, row in rows(model).items()} == {"conv": 3, "last": 3}


def test_upsampling_shares_what_it_sees_among_its_cells():
    conv = layers.Conv2D(1, 3, strides=4)
    assert fields(sequential(conv, layers.UpSampling2D(2), layers.Conv2D(1, 3), shape=(40, 40, 1))) == [3, 3, 7]
    bilinear = layers.UpSampling2D((3, 4), interpolation="bilinear")
    assert fields(sequential(conv, bilinear, shape=(40, 40, 1))) == [3, 7]


def test_cells_of_padding_are_cells_of_the_map():
    model = sequential(layers.Conv2D(1, 3), layers.ZeroPadding2D(1), layers.Flatten(), layers.Dense(2))
    assert fields(model) == [3, 3, 3, 3 + 7]


def test_a_dense_layer_on_a_map_is_a_convolution_of_one_cell():
    dense, flat = summary(sequential(layers.Conv2D(2, 3), layers.Dense(5), layers.Flatten(), layers.Dense(3))).rows[
        1::2
    ]
    assert (dense.shape, dense.receptive_field, dense.flops) == ((6, 6, 5), 3, shapes.conv2d_flops(2, 5, 1, 6))
    assert (flat.shape, flat.receptive_field, flat.flops) == ((3,), 8, shapes.dense_flops(180, 3))


@pytest.mark.parametrize(
    ("stack", "found"),
    [
        ([layers.Conv2D(6, 1, groups=2)], [("convolution", 1, 2 * 64 * 6 * 2)]),
        ([layers.DepthwiseConv2D(3)], [("depthwise convolution", 3, 2 * 36 * 4 * 9)]),
        ([layers.Conv2D(8, 3, groups=4)], [("depthwise convolution", 3, 2 * 36 * 8 * 9)]),
        ([layers.RandomFlip(), layers.Rescaling(2.0)], [("augmentation", 1, 0), ("preprocessing", 1, 0)]),
        ([layers.Lambda(lambda x: x), layers.ReLU()], [("Lambda", None, 0), ("activation", None, 0)]),
        ([layers.Reshape((32, 8)), layers.LSTM(3)], [("reshape", 1, 0), ("LSTM", None, None)]),
    ],
)
def test_kinds_that_are_known_and_those_that_are_not(stack, found):
    table = summary(sequential(*stack, shape=(8, 8, 4)))
    assert [(row.kind, row.receptive_field, row.flops) for row in table.rows] == found
    assert ("?" in str(table)) == any(None in row for row in found)


def test_nothing_is_changed():
    model = small_resnet(input_shape=(32, 32, 3))
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    before = [weights.numpy() for weights in model.weights]
    summary(model)
    with pytest.raises(ValueError, match="Layer logits takes 3 numbers, and 75"):
        summary(sequential(layers.Flatten(), layers.Dense(3, name="logits"), shape=(1, 1, 3)), (5, 5))
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes
    assert all((weights.numpy() == old).all() for weights, old in zip(model.weights, before))
    assert model.get_layer("gap").output.shape == (None, 160)


def two_inputs():
    one, other = layers.Input((8, 8, 1)), layers.Input((8, 8, 1))
    return keras.Model([one, other], layers.Add()([one, other]))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(2, 3)

    def call(self, images):
        return self.conv(images)


def called():
    model = Subclassed()
    model(np.zeros((1, 8, 8, 1), "float32"))
    return model


def branches(merge):
    images = layers.Input((8, 8, 1))
    return keras.Model(images, merge([images, layers.UpSampling2D(2)(layers.MaxPooling2D(2)(images))]))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: summary(None), "model is a NoneType: give a Keras model to utils.keras, a PyTorch model to"),
        (lambda: summary(lenet(), (28, 0)), "size is (28, 0): give (height, width) of the pictures"),
        (
            lambda: summary(sequential(layers.ReLU(), shape=(None, 8, 1))),
            "does not say for what size of pictures it is",
        ),
        (lambda: summary(sequential(layers.Conv2D(1, 5)), (4, 9)), "can not take pictures of size (4, 9): its layers"),
        (lambda: summary(branches(layers.Concatenate()), (9, 8)), "size (9, 8): its layers leave nothing of them, or"),
        (lambda: summary(branches(layers.Add()), (8, 7)), "size (8, 7): its layers leave nothing of them, or branches"),
        (lambda: summary(lenet(), (32, 32)), "Layer dense1 takes 256 numbers, and 400 reach it from pictures of size"),
        (lambda: summary(keras.Sequential([layers.Dense(2, name="d")])), "Layer d has no weights yet: call the model"),
        (lambda: summary(Subclassed()), "has no weights yet: call the model on images once"),
        (lambda: summary(called()), "has no graph of layers to read: build it from keras.Input"),
        (lambda: summary(two_inputs()), "takes inputs of shape (8, 8, 1), (8, 8, 1): summary is for models of one"),
        (lambda: summary(sequential(layers.Dense(2), shape=(7,))), "takes inputs of shape (7,): summary is for models"),
    ],
)
def test_what_can_not_be_summed_up_is_refused_in_one_sentence(call, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        call()
