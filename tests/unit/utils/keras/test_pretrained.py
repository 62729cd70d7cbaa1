"""Keras' own builders are the judges: from the same file and pictures, ours gives what theirs gives."""

import h5py
import keras
import numpy as np
import pytest

from utils import runtime
from utils.keras import (
    copy_weights,
    fit,
    get_weights,
    load_pretrained,
    mobilenet_v2,
    predict,
    resnet18,
    save_weights,
    set_weights,
    vgg16,
    vgg16_small,
)

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (2, 48, 64, 3), "uint8")
SCALED = PICTURES.astype("float32") / 255


def write_published(model, path):
    """The layout of vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}_{role}_1:0" for role in "Wb"][: len(layer.weights)]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, layer.get_weights()):
                group.create_dataset(name, data=array)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Keras' VGG16 of random weights, and a file of them."""
    runtime.seed_everything(0)
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(48, 64, 3))
    for weights in model.weights:
        if weights.name == "bias":
            weights.assign(RNG.normal(0, 0.1, weights.shape))
    path = tmp_path_factory.mktemp("published") / "vgg16.h5"
    write_published(model, path)
    return model, path


def outputs(model, names, images):
    return keras.Model(model.input, [model.get_layer(name).output for name in names])(images)


def test_vgg16_is_keras_vgg16_layer_by_layer(published):
    theirs, path = published
    ours = vgg16(input_shape=(48, 64, 3))
    load_pretrained(ours, path)
    names = [layer.name for layer in theirs.layers[1:]]
    expected = outputs(theirs, names, keras.applications.vgg16.preprocess_input(PICTURES.astype("float32")))
    found = outputs(ours, [name.replace("conv", "relu") for name in names], SCALED)
    assert len(names) == 18
    for name, ours_here, theirs_here in zip(names, found, expected):
        scale = np.abs(theirs_here).max()
        assert scale > 0
        np.testing.assert_allclose(ours_here, theirs_here, rtol=0, atol=1e-4 * scale, err_msg=name)


def test_a_classifier_on_top_keeps_its_own_start(published):
    model = vgg16(input_shape=(48, 64, 3), classes=5)
    before = get_weights(model)
    load_pretrained(model, published[1])
    after = get_weights(model)
    np.testing.assert_array_equal(before["logits/kernel"], after["logits/kernel"])
    assert not np.array_equal(before["block5_conv3/kernel"], after["block5_conv3/kernel"])


def test_the_file_of_another_width_is_refused_and_nothing_changed(published):
    model = vgg16_small(input_shape=(48, 64, 3))
    before = get_weights(model)
    with pytest.raises(ValueError, match=r"block1_conv1/kernel has shape \(3, 3, 3, 64\) in vgg16\.h5, but has shape"):
        load_pretrained(model, published[1])
    assert all(np.array_equal(array, before[key]) for key, array in get_weights(model).items())


def test_mobilenet_v2_is_keras_mobilenet_v2(tmp_path):
    theirs = keras.applications.MobileNetV2(weights=None, include_top=False, alpha=0.35, input_shape=(48, 64, 3))
    for weights in theirs.weights:
        if weights.name != "kernel":
            weights.assign(np.abs(weights.numpy() + RNG.normal(0, 0.2, weights.shape)) + 0.1)
    theirs.save_weights(tmp_path / "mobile.weights.h5")
    ours = mobilenet_v2(input_shape=(48, 64, 3))
    load_pretrained(ours, tmp_path / "mobile.weights.h5")
    expected = theirs(keras.applications.mobilenet_v2.preprocess_input(PICTURES.astype("float32")))
    np.testing.assert_allclose(ours(SCALED), expected, atol=1e-4)
    assert np.ptp(expected) > 0.1


@pytest.mark.parametrize("build", [vgg16_small, resnet18, mobilenet_v2], ids=lambda build: build.__name__)
def test_a_wrong_range_is_noticed_and_said(build):
    model = build(input_shape=(48, 64, 3))
    with pytest.raises(ValueError, match="from 0 to 255, and this network wants them from 0 to 1: divide them by 255"):
        model(np.linspace(0, 255, PICTURES.size, dtype="float32").reshape(PICTURES.shape))
    with pytest.raises(ValueError, match="from -1 to 1, and this network wants them from 0 to 1: leave them"):
        model(np.linspace(-1, 1, PICTURES.size, dtype="float32").reshape(PICTURES.shape))


def test_predict_takes_bytes_and_floats_alike():
    model = vgg16_small(input_shape=(48, 64, 3), classes=3)
    np.testing.assert_allclose(predict(model, PICTURES), predict(model, SCALED), atol=1e-6)


def test_it_learns_from_bytes():
    runtime.seed_everything(0)
    model = vgg16_small(input_shape=(48, 64, 3), classes=3)
    history = fit(model, PICTURES, np.array([0, 2]), epochs=8, optimizer="adam")
    assert history["loss"][-1] < 0.8 * history["loss"][0]


def test_saved_models_keep_their_preprocessing(tmp_path):
    model = vgg16_small(input_shape=(48, 64, 3), classes=3)
    model.save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_array_equal(model(SCALED), loaded(SCALED))


def test_convolutions_start_by_hes_rule():
    runtime.seed_everything(0)
    weights = get_weights(mobilenet_v2(input_shape=(48, 64, 3)))
    for key in ("Conv_1/kernel", "block_16.expand/kernel", "block_16.depthwise/kernel"):
        inputs = 9 if "depthwise" in key else weights[key].shape[2]
        assert weights[key].std() == pytest.approx(np.sqrt(2 / inputs), rel=0.05), key
        assert np.abs(weights[key]).max() == pytest.approx(np.sqrt(6 / inputs), rel=0.01), key


def test_models_within_models_travel_too(tmp_path):
    def build():
        base = vgg16_small(input_shape=(48, 64, 3))
        base.name = "base"
        return keras.Sequential([base, keras.layers.Flatten(), keras.layers.Dense(2, name="head")])

    one, other = build(), build()
    assert {"base.block1_conv1/kernel", "head/bias"} <= get_weights(one).keys()
    save_weights(one, tmp_path / "net.safetensors")
    copy_weights(tmp_path / "net.safetensors", other)
    np.testing.assert_array_equal(one(SCALED), other(SCALED))


@pytest.mark.parametrize(
    ("stack", "says"),
    [
        ([keras.layers.Dense(2, name="head")], "Layer head has no weights yet: call the model on images once"),
        (
            [keras.Input((4, 4, 4)), keras.layers.Conv2D(4, 3, groups=2, name="c")],
            "Layer c is a convolution of 2 groups",
        ),
        (
            [keras.Input((4,)), keras.layers.PReLU(name="p")],
            "Layer p is a PReLU, whose weights the wings do not exchange",
        ),
    ],
    ids=["not built", "groups", "kind"],
)
def test_what_the_wings_do_not_exchange_is_named(stack, says):
    model = keras.Sequential(stack)
    for call in (get_weights, lambda model: set_weights(model, {})):
        with pytest.raises(ValueError, match=says):
            call(model)


def test_weights_are_copies():
    model = vgg16_small(input_shape=(48, 64, 3))
    weights = get_weights(model)
    weights["block1_conv1/kernel"][:] = 1
    assert not (get_weights(model)["block1_conv1/kernel"] == 1).any()
