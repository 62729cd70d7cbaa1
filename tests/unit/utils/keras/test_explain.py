"""Maps of a network whose evidence is at known places, checked by finite differences and by losing weights."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers

from utils import runtime
from utils.keras import (
    activations,
    class_activation_map,
    dense_net,
    fit,
    gap_convnet,
    get_weights,
    grad_cam,
    integrated_gradients,
    lenet,
    occlusion,
    saliency,
    set_weights,
    small_resnet,
    smooth_grad,
    vgg16_small,
)

METHODS = {
    "class_activation_map": class_activation_map,
    "grad_cam": grad_cam,
    "saliency": saliency,
    "smooth_grad": lambda *args: smooth_grad(*args, samples=8),
    "integrated_gradients": lambda *args: integrated_gradients(*args, steps=40).sum(axis=3),
    "occlusion": lambda *args: occlusion(*args, window=8, stride=4, value=0.4),
}
every_method = pytest.mark.parametrize("method", METHODS)
RNG = np.random.default_rng(0)
PHOTOS = RNG.integers(0, 256, (3, 32, 32, 3)).astype("uint8")


def patches(count, seed):
    """Gray noise with a patch of 8×8 somewhere, red (class 0) or green (class 1): images, labels, the patches."""
    rng = np.random.default_rng(seed)
    labels, corners = rng.integers(0, 2, count), rng.integers(0, 24, (count, 2))
    images = rng.integers(60, 140, (count, 32, 32, 3))
    for image, label, (row, column) in zip(images, labels, corners):
        image[row : row + 8, column : column + 8] = 30
        image[row : row + 8, column : column + 8, label] = 250
    return images.astype("uint8"), labels, corners


IMAGES, LABELS, CORNERS = patches(12, 1)


@pytest.fixture(scope="module")
def trained():
    """A network that tells red patches from green ones, trained in seconds."""
    runtime.seed_everything(0)
    model = gap_convnet((32, 32, 3), 2)
    images, labels, _ = patches(256, 0)
    history = fit(model, images, labels, epochs=6, batch_size=32, optimizer="adam", learning_rate=0.003)
    assert history["accuracy"][-1] == 1
    return model


@pytest.fixture(scope="module")
def maps(trained):
    return {name: method(trained, IMAGES, LABELS) for name, method in METHODS.items()}


@every_method
def test_a_map_is_highest_where_the_evidence_is(maps, method):
    found = maps[method]
    assert (found.shape, found.dtype) == ((12, 32, 32), np.float32)
    for image, (row, column) in zip(found, CORNERS):
        highest = np.unravel_index(image.argmax(), image.shape)
        # a cell of the last maps has 8×8 pixels: their centers are within 4 of the patch that they see
        assert row - 4 <= highest[0] < row + 12 and column - 4 <= highest[1] < column + 12


def lost(model, layers, seed):
    """A copy of the model whose `layers` have forgotten what they learned."""
    runtime.seed_everything(seed)
    fresh = gap_convnet((32, 32, 3), 2)
    forgotten = {key: array for key, array in get_weights(fresh).items() if key.split("/")[0] in layers}
    set_weights(fresh, get_weights(model) | forgotten)
    return fresh


def agreement(maps, others):
    """The mean correlation of maps, image by image; a map that is the same everywhere agrees with none."""
    return np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] if np.ptp(b) else 0 for a, b in zip(maps, others)])


# "Sanity checks for saliency maps", Adebayo et al. 2018: a map that stays when the network has forgotten everything
# shows the picture, not the network. Plain gradients hardly depend on what the top of this network has learned.
@pytest.mark.parametrize(
    ("layers", "method", "most"),
    [
        *[(("conv1", "conv2", "conv3", "conv4", "logits"), method, 0.6) for method in METHODS],
        *[(("conv4", "logits"), method, 0.6) for method in METHODS if method not in ("saliency", "smooth_grad")],
        *[(("conv3", "conv4", "logits"), method, 0.95) for method in ("saliency", "smooth_grad")],
    ],
)
def test_a_network_that_has_lost_its_weights_gives_another_map(trained, maps, layers, method, most):
    others = [METHODS[method](lost(trained, layers, seed), IMAGES, LABELS) for seed in (10, 11)]
    assert agreement(maps[method], METHODS[method](lost(trained, (), 10), IMAGES, LABELS)) > 0.9999
    assert np.mean([agreement(maps[method], other) for other in others]) < most


@every_method
def test_by_default_the_predicted_class_is_explained(trained, maps, method):
    np.testing.assert_allclose(METHODS[method](trained, IMAGES), maps[method], rtol=1e-4, atol=1e-4)
    other = METHODS[method](trained, IMAGES[:2], 1 - LABELS[:2])
    assert np.abs(other - maps[method][:2]).max() > 1e-3 * np.abs(maps[method][:2]).max()


@every_method
def test_uint8_and_scaled_float32_are_the_same_images(trained, maps, method):
    scaled = IMAGES.astype("float32") / 255
    np.testing.assert_array_equal(METHODS[method](trained, scaled, LABELS.tolist()), maps[method])
    np.testing.assert_array_equal(scaled, IMAGES.astype("float32") / 255)


@every_method
def test_an_image_is_explained_as_it_is_alone(trained, maps, method):
    alone = METHODS[method](trained, IMAGES[5:6], LABELS[5:6])[0]
    np.testing.assert_allclose(alone, maps[method][5], rtol=1e-3, atol=1e-4 * np.abs(maps[method][5]).max())


@pytest.mark.parametrize("build", [gap_convnet, small_resnet, vgg16_small])
def test_class_activation_maps_add_up_to_the_logits(build):
    runtime.seed_everything(0)
    photos = np.random.default_rng(0).random((2, 64, 64, 3), "float32")
    model = build((64, 64, 3), 3)
    shaken = {key: array + 0.1 if key == "logits/bias" else array for key, array in get_weights(model).items()}
    set_weights(model, shaken)
    logits = activations(model, photos, ["logits"])["logits"]
    for class_ in range(3):
        found = class_activation_map(model, photos, np.full(2, class_))
        # cells are whole pixels here, so that enlarging keeps the mean
        np.testing.assert_allclose(found.mean(axis=(1, 2)) + 0.1, logits[:, class_], rtol=1e-3, atol=1e-4)
        # behind global average pooling, Grad-CAM is the map's positive part, divided by the number of cells
        cells = np.prod(last_map(model, photos).shape[1:3])
        small = small_map(model, photos, class_)
        enlarged = enlarge(np.maximum(small, 0) / cells, 64)
        np.testing.assert_allclose(
            grad_cam(model, photos, np.full(2, class_)), enlarged, rtol=1e-3, atol=1e-5 * np.abs(enlarged).max() + 1e-9
        )
        np.testing.assert_allclose(small.mean(axis=(1, 2)) + 0.1, logits[:, class_], rtol=1e-3, atol=1e-4)


def last_map(model, photos):
    return [a for a in activations(model, photos).values() if a.ndim == 4 and a.shape[1] > 1][-1]


def small_map(model, photos, class_):
    return last_map(model, photos) @ get_weights(model)["logits/kernel"][:, class_]


def enlarge(maps, size):
    return keras.ops.image.resize(maps.astype("float32")[..., None], (size, size), antialias=False).numpy()[..., 0]


def logit_of(model, images, class_):
    return activations(model, images, ["logits"])["logits"][:, class_].astype("float64")


@pytest.mark.parametrize("build", [lenet, small_resnet])
def test_saliency_is_the_slope_of_the_logit(build):
    runtime.seed_everything(0)
    model = build((32, 32, 3), 4)
    photo = PHOTOS[:1].astype("float32") / 255
    found, step = saliency(model, photo, [2])[0], 1e-3
    for row, column in ((5, 7), (16, 16), (20, 11)):
        moved = np.repeat(photo, 6, axis=0)
        for channel in range(3):
            moved[2 * channel : 2 * channel + 2, row, column, channel] += [step, -step]
        up_and_down = logit_of(model, moved, 2)
        slopes = (up_and_down[::2] - up_and_down[1::2]) / (2 * step)
        assert found[row, column] == pytest.approx(np.abs(slopes).max(), rel=0.05, abs=1e-3 * float(found.max()))


def test_grad_cam_weighs_a_layer_by_the_slopes_of_the_logit():
    """A bias raises every cell of a channel: the slope by it is the sum of the gradient over the channel."""
    runtime.seed_everything(0)
    model = lenet((32, 32, 3), 4)
    photo, weights, step = PHOTOS[:1], get_weights(model), 1e-2
    seen, slopes = activations(model, photo), []
    conv, class_ = seen["conv2"], int(seen["logits"].argmax())
    for channel in range(16):
        logits = []
        for sign in (1, -1):
            moved = weights["conv2/bias"] + sign * step * np.eye(16, dtype="float32")[channel]
            set_weights(model, weights | {"conv2/bias": moved})
            logits.append(logit_of(model, photo, class_)[0])
        slopes.append((logits[0] - logits[1]) / (2 * step))
    set_weights(model, weights)
    expected = np.maximum(conv @ (np.array(slopes) / (conv.shape[1] * conv.shape[2])), 0)
    assert expected.max() > 0
    found = grad_cam(model, photo, [class_], layer="conv2")
    np.testing.assert_allclose(found, enlarge(expected, 32), rtol=0.1, atol=0.1 * expected.max())


def test_integrated_gradients_are_complete(trained):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = integrated_gradients(trained, IMAGES, LABELS, baseline=0.4, steps=100)
    assert (found.shape, found.dtype) == ((12, 32, 32, 3), np.float32)
    logits = activations(trained, IMAGES, ["logits"])["logits"][np.arange(12), LABELS]
    baseline = activations(trained, np.full((1, 32, 32, 3), 0.4, "float32"), ["logits"])["logits"][0][LABELS]
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), logits - baseline, rtol=0.02)
    with pytest.warns(RuntimeWarning, match="take more steps than 1.") as told:
        integrated_gradients(trained, IMAGES, LABELS, steps=1)
    assert told[0].filename == __file__


def test_activations_are_those_of_every_layer_in_the_order_of_the_way_through(trained):
    found = activations(trained, IMAGES)
    assert list(found)[:3] == ["conv1", "relu1", "pool1"] and list(found)[-2:] == ["gap", "logits"]
    assert {array.dtype for array in found.values()} == {np.dtype("float32")}
    assert (found["conv2"].shape, found["logits"].shape) == ((12, 16, 16, 32), (12, 2))
    np.testing.assert_array_equal(found["relu1"], np.maximum(found["conv1"], 0))
    weights = get_weights(trained)
    np.testing.assert_allclose(
        found["gap"] @ weights["logits/kernel"] + weights["logits/bias"], found["logits"], rtol=1e-3
    )
    assert list(activations(trained, IMAGES, ["relu2", "conv1", "relu2"])) == ["conv1", "relu2"]


def test_what_is_flattened_goes_cell_by_cell():
    found = activations(lenet((28, 28, 1), 3), PHOTOS[:, :28, :28, :1], ["pool2", "flatten"])
    np.testing.assert_array_equal(found["flatten"], found["pool2"].reshape(3, -1))


def test_batches_do_not_show(monkeypatch, trained):
    whole = activations(trained, IMAGES), grad_cam(trained, IMAGES), saliency(trained, IMAGES)
    monkeypatch.setattr("utils.explaining.PIXELS_AT_ONCE", 5 * 32 * 32)
    parts = activations(trained, IMAGES), grad_cam(trained, IMAGES), saliency(trained, IMAGES)
    for name, array in whole[0].items():
        np.testing.assert_allclose(parts[0][name], array, atol=1e-4, err_msg=name)
    for one, other in zip(whole[1:], parts[1:]):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


BROKEN = PHOTOS.astype("float32") / 255
BROKEN[1, 2, 3] = np.nan
WRONG = {
    "no such layer": (
        lambda: activations(lenet((32, 32, 3)), PHOTOS, ["conv9"]),
        "choose one of conv1, relu1, pool1, conv2",
    ),
    "one name": (lambda: activations(lenet((32, 32, 3)), PHOTOS, "conv1"), "give a list of names"),
    "a list of images": (lambda: saliency(lenet((32, 32, 3)), PHOTOS.tolist()), "Images are a list"),
    "one image": (lambda: occlusion(lenet((32, 32, 3)), PHOTOS[0]), "Images are of shape (32, 32, 3)"),
    "float64": (lambda: grad_cam(lenet((32, 32, 3)), PHOTOS / 255), "Images are float64"),
    "NaN": (lambda: activations(lenet((32, 32, 3)), BROKEN), "1 of 3 images hold NaN or infinity"),
    "NaN in saliency": (lambda: saliency(lenet((32, 32, 3)), BROKEN), "1 of 3 images hold NaN or infinity"),
    "another size": (lambda: saliency(lenet((32, 32, 3)), PHOTOS[:, :20]), "can not take images of shape (20, 32, 3)"),
    "other channels": (lambda: activations(lenet((32, 32, 1)), PHOTOS), "can not take images of shape (32, 32, 3)"),
    "0 to 255": (
        lambda: saliency(vgg16_small((32, 32, 3), 2), PHOTOS.astype("float32")),
        "this network wants them from 0 to 1",
    ),
    "no classifier": (
        lambda: saliency(vgg16_small((64, 64, 3)), np.random.default_rng(0).random((1, 64, 64, 3), "float32")),
        "not (1, classes)",
    ),
    "a class too many": (
        lambda: smooth_grad(lenet((32, 32, 3), 2), PHOTOS, [0, 1, 2]),
        "Class 2 is not one of the model's 2",
    ),
    "a class too few": (
        lambda: integrated_gradients(lenet((32, 32, 3), 2), PHOTOS, [0, 1]),
        "one integer for each of 3 images",
    ),
    "no pooling": (lambda: class_activation_map(lenet((32, 32, 3), 2), PHOTOS), "reads: use grad_cam"),
    "no map": (
        lambda: class_activation_map(dense_net((32, 32, 3), 2), PHOTOS),
        "No layer of this model gives a feature map",
    ),
    "a layer without map": (
        lambda: grad_cam(lenet((32, 32, 3)), PHOTOS, layer="dense1"),
        "Layer dense1 gives shape (1, 120)",
    ),
    "an unknown layer": (lambda: grad_cam(lenet((32, 32, 3)), PHOTOS, layer="conv9"), "There is no layer 'conv9'"),
    "a large window": (lambda: occlusion(lenet((32, 32, 3)), PHOTOS, window=33), "window is 33"),
    "no samples": (lambda: smooth_grad(lenet((32, 32, 3)), PHOTOS, samples=0), "samples must be"),
    "no steps": (lambda: integrated_gradients(lenet((32, 32, 3)), PHOTOS, steps=0), "steps must be"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_makes_no_sense_is_refused(what):
    call, says = WRONG[what]
    with pytest.raises(ValueError) as error:
        call()
    assert says in str(error.value)


@every_method
def test_the_model_stays_as_it_is(method):
    model = gap_convnet((32, 32, 3), 2)
    model.get_layer("conv2").trainable = False
    before = get_weights(model)
    METHODS[method](model, PHOTOS)
    activations(model, PHOTOS)
    for key, array in get_weights(model).items():
        np.testing.assert_array_equal(array, before[key])
    assert [layer.name for layer in model.layers if not layer.trainable] == ["conv2"]
    assert not any("call" in vars(layer) for layer in model.layers)
    fit(model, PHOTOS, np.array([0, 1, 1]), epochs=1)  # compiled, and still to be trained
    METHODS[method](model, PHOTOS)


def test_a_failed_call_leaves_no_traces():
    model = gap_convnet((32, 32, 3), 2)
    for call in (activations, saliency, grad_cam):
        with pytest.raises(ValueError, match="can not take images"):
            call(model, PHOTOS[..., :2])
    assert not any("call" in vars(layer) for layer in model.layers)


def test_it_infers():
    model = small_resnet((32, 32, 3), 2)
    found = activations(model, PHOTOS)["logits"]
    np.testing.assert_allclose(found[:1], activations(model, PHOTOS[:1])["logits"], atol=1e-5)
    np.testing.assert_allclose(found, model(PHOTOS.astype("float32") / 255, training=False), atol=1e-6)


def test_frozen_layers_do_not_matter():
    model = small_resnet((32, 32, 3), 2)
    expected = {name: method(model, PHOTOS, [0, 1, 1]) for name, method in METHODS.items()}
    model.trainable = False
    for name, method in METHODS.items():
        np.testing.assert_allclose(method(model, PHOTOS, [0, 1, 1]), expected[name], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kind", ["functional", "sequential", "subclassed"])
def test_layers_in_models_within_models_are_named_by_their_way(kind):
    inner = vgg16_small((64, 64, 3))
    inner.name = "features"
    tail = [layers.Flatten(name="flatten"), layers.Dense(2, name="logits")]
    if kind == "functional":
        images = keras.Input((64, 64, 3))
        model = keras.Model(images, tail[1](tail[0](inner(images))))
    elif kind == "sequential":
        model = keras.Sequential([layers.Input((64, 64, 3)), inner, *tail])
    else:
        model = Subclassed(inner, *tail)
        model(np.zeros((1, 64, 64, 3), "float32"))
    photos = np.random.default_rng(0).random((1, 64, 64, 3), "float32")
    found = activations(model, photos, ["logits", "features.block5_pool"])
    assert {name: array.shape for name, array in found.items()} == {
        "features.block5_pool": (1, 2, 2, 128),
        "logits": (1, 2),
    }
    expected = inner(photos, training=False)
    np.testing.assert_array_equal(found["features.block5_pool"], expected)
    assert grad_cam(model, photos, [0], layer="features.block5_conv3").shape == (1, 64, 64)
    assert len(activations(model, photos)) == len(activations(inner, photos)) + 2
    with pytest.raises(ValueError, match=r"choose one of features.preprocess, features.block1_conv1, .*logits"):
        activations(model, photos, ["block1_conv1"])


class Subclassed(keras.Model):
    def __init__(self, inner, flatten, logits):
        super().__init__()
        self.inner, self.flatten, self.logits = inner, flatten, logits

    def call(self, images, training=None):
        return self.logits(self.flatten(self.inner(images, training=training)))


def test_a_layer_used_twice_gives_its_last_output_and_one_that_gives_two_nothing():
    images, relu = keras.Input((8, 8, 3)), layers.ReLU(name="relu")
    conv2 = layers.Conv2D(5, 3, name="conv2")(relu(layers.Conv2D(4, 3, name="conv1")(images)))
    halves = Halves(name="halves")(relu(conv2))
    model = keras.Model(images, layers.Dense(2, name="logits")(layers.GlobalAveragePooling2D()(halves[0])))
    found = activations(model, PHOTOS[:, :8, :8])
    np.testing.assert_array_equal(found["relu"], np.maximum(found["conv2"], 0))
    assert "halves" not in found
    with pytest.raises(ValueError, match="Layer halves gave no tensor for these images"):
        activations(model, PHOTOS[:, :8, :8], ["halves"])


class Halves(layers.Layer):
    def call(self, maps):
        return maps[:, :2], maps[:, 2:]
