"""What explaining must do in either wing, as functions of the wing; each wing's test_explain.py runs them all.

The evidence is at known places; maps are checked by finite differences and by losing weights.
"""

import functools
import warnings

import numpy as np
import pytest

from utils import explaining, runtime

PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype("uint8")


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


def methods(wing):
    """A function (model, images, classes) -> maps for each method, by its name."""
    return {
        "class_activation_map": wing.class_activation_map,
        "grad_cam": wing.grad_cam,
        "saliency": wing.saliency,
        "smooth_grad": lambda *args: wing.smooth_grad(*args, samples=8),
        "integrated_gradients": lambda *args: wing.integrated_gradients(*args, steps=40).sum(axis=3),
        "occlusion": lambda *args: wing.occlusion(*args, window=8, stride=4, value=0.4),
    }


@functools.cache
def trained(wing):
    """A network that tells red patches from green ones, trained in seconds."""
    runtime.seed_everything(0)
    model = wing.gap_convnet((32, 32, 3), 2)
    images, labels, _ = patches(256, 0)
    history = wing.fit(model, images, labels, epochs=6, batch_size=32, optimizer="adam", learning_rate=0.003)
    assert history["accuracy"][-1] == 1
    return model


@functools.cache
def maps(wing):
    """What each method says of the trained network."""
    return {name: method(trained(wing), IMAGES, LABELS) for name, method in methods(wing).items()}


def a_map_is_highest_where_the_evidence_is(wing):
    for name, found in maps(wing).items():
        assert (found.shape, found.dtype) == ((12, 32, 32), np.float32), name
        for image, (row, column) in zip(found, CORNERS):
            highest = np.unravel_index(image.argmax(), image.shape)
            # a cell of the last maps has 8×8 pixels: their centers are within 4 of the patch that they see
            assert row - 4 <= highest[0] < row + 12 and column - 4 <= highest[1] < column + 12, name


def lost(wing, layers, seed):
    """A copy of the trained network whose `layers` have forgotten what they learned."""
    runtime.seed_everything(seed)
    fresh = wing.gap_convnet((32, 32, 3), 2)
    forgotten = {key: array for key, array in wing.get_weights(fresh).items() if key.split("/")[0] in layers}
    wing.set_weights(fresh, wing.get_weights(trained(wing)) | forgotten)
    return fresh


def agreement(found, others):
    """The mean correlation of maps, image by image; a map that is the same everywhere agrees with none."""
    return np.mean([np.corrcoef(a.ravel(), b.ravel())[0, 1] if np.ptp(b) else 0 for a, b in zip(found, others)])


# "Sanity checks for saliency maps", Adebayo et al. 2018: a map that stays when the network has forgotten everything
# shows the picture, not the network. Plain gradients hardly depend on what the top of this network has learned.
def a_network_that_has_lost_its_weights_gives_another_map(wing):
    gradients = ("saliency", "smooth_grad")
    for layers, names, most in (
        (("conv1", "conv2", "conv3", "conv4", "logits"), methods(wing), 0.6),
        (("conv4", "logits"), [name for name in methods(wing) if name not in gradients], 0.6),
        (("conv3", "conv4", "logits"), gradients, 0.95),
    ):
        for name in names:
            others = [methods(wing)[name](lost(wing, layers, seed), IMAGES, LABELS) for seed in (10, 11)]
            assert np.mean([agreement(maps(wing)[name], other) for other in others]) < most, (layers, name)


def a_copy_that_has_lost_nothing_gives_the_same_map(wing):
    for name, method in methods(wing).items():
        assert agreement(maps(wing)[name], method(lost(wing, (), 10), IMAGES, LABELS)) > 0.9999, name


def by_default_the_predicted_class_is_explained(wing):
    for name, method in methods(wing).items():
        found = maps(wing)[name]
        np.testing.assert_allclose(method(trained(wing), IMAGES), found, rtol=1e-4, atol=1e-4, err_msg=name)
        other = method(trained(wing), IMAGES[:2], 1 - LABELS[:2])
        assert np.abs(other - found[:2]).max() > 1e-3 * np.abs(found[:2]).max(), name


def uint8_and_scaled_float32_are_the_same_images(wing):
    scaled = IMAGES.astype("float32") / 255
    for name, method in methods(wing).items():
        np.testing.assert_array_equal(method(trained(wing), scaled, LABELS.tolist()), maps(wing)[name], err_msg=name)
        np.testing.assert_array_equal(scaled, IMAGES.astype("float32") / 255, err_msg=name)


def an_image_is_explained_as_it_is_alone(wing):
    for name, method in methods(wing).items():
        alone, found = method(trained(wing), IMAGES[5:6], LABELS[5:6])[0], maps(wing)[name]
        np.testing.assert_allclose(alone, found[5], rtol=1e-3, atol=1e-4 * np.abs(found[5]).max(), err_msg=name)


def class_activation_maps_add_up_to_the_logits(wing):
    photos = np.random.default_rng(0).random((2, 64, 64, 3), "float32")
    for build in (wing.gap_convnet, wing.small_resnet, wing.vgg16_small):
        runtime.seed_everything(0)
        model = build((64, 64, 3), 3)
        weights = wing.get_weights(model)
        wing.set_weights(model, weights | {"logits/bias": weights["logits/bias"] + 0.1})
        logits = wing.activations(model, photos, ["logits"])["logits"]
        for class_ in range(3):
            classes, expected = np.full(2, class_), logits[:, class_] - 0.1
            found = wing.class_activation_map(model, photos, classes)
            # cells are whole pixels here, so that enlarging keeps the mean
            np.testing.assert_allclose(found.mean(axis=(1, 2)), expected, rtol=1e-3, atol=1e-4)
            last = last_map(wing, model, photos)
            small = last @ weights["logits/kernel"][:, class_]
            np.testing.assert_allclose(small.mean(axis=(1, 2)), expected, rtol=1e-3, atol=1e-4)
            # behind global average pooling, Grad-CAM is the map's positive part, divided by the number of cells
            enlarged = explaining.resize(np.maximum(small, 0) / np.prod(last.shape[1:3]), (64, 64))
            found = wing.grad_cam(model, photos, classes)
            np.testing.assert_allclose(found, enlarged, rtol=1e-3, atol=1e-5 * np.abs(enlarged).max() + 1e-9)


def last_map(wing, model, photos):
    return [a for a in wing.activations(model, photos).values() if a.ndim == 4 and a.shape[1] > 1][-1]


def logit_of(wing, model, images, class_):
    return wing.activations(model, images, ["logits"])["logits"][:, class_].astype("float64")


def saliency_is_the_slope_of_the_logit(wing):
    photo, step = PHOTOS[:1].astype("float32") / 255, 1e-3
    for build in (wing.lenet, wing.small_resnet):
        runtime.seed_everything(0)
        model = build((32, 32, 3), 4)
        found = wing.saliency(model, photo, [2])[0]
        for row, column in ((5, 7), (16, 16), (20, 11)):
            moved = np.repeat(photo, 6, axis=0)
            for channel in range(3):
                moved[2 * channel : 2 * channel + 2, row, column, channel] += [step, -step]
            up_and_down = logit_of(wing, model, moved, 2)
            slopes = (up_and_down[::2] - up_and_down[1::2]) / (2 * step)
            assert found[row, column] == pytest.approx(np.abs(slopes).max(), rel=0.05, abs=1e-3 * float(found.max()))


def grad_cam_weighs_a_layer_by_the_slopes_of_the_logit(wing):
    """A bias raises every cell of a channel: the slope by it is the sum of the gradient over the channel."""
    runtime.seed_everything(0)
    model = wing.lenet((32, 32, 3), 4)
    photo, weights, step = PHOTOS[:1], wing.get_weights(model), 1e-2
    seen, slopes = wing.activations(model, photo), []
    conv, class_ = seen["conv2"], int(seen["logits"].argmax())
    for channel in range(16):
        logits = []
        for sign in (1, -1):
            moved = weights["conv2/bias"] + sign * step * np.eye(16, dtype="float32")[channel]
            wing.set_weights(model, weights | {"conv2/bias": moved})
            logits.append(logit_of(wing, model, photo, class_)[0])
        slopes.append((logits[0] - logits[1]) / (2 * step))
    wing.set_weights(model, weights)
    expected = np.maximum(conv @ (np.array(slopes) / (conv.shape[1] * conv.shape[2])), 0)
    assert expected.max() > 0
    found = wing.grad_cam(model, photo, [class_], layer="conv2")
    np.testing.assert_allclose(found, explaining.resize(expected, (32, 32)), rtol=0.1, atol=0.1 * expected.max())


def integrated_gradients_are_complete(wing):
    model = trained(wing)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = wing.integrated_gradients(model, IMAGES, LABELS, baseline=0.4, steps=100)
    assert (found.shape, found.dtype) == ((12, 32, 32, 3), np.float32)
    logits = wing.activations(model, IMAGES, ["logits"])["logits"][np.arange(12), LABELS]
    baseline = wing.activations(model, np.full((1, 32, 32, 3), 0.4, "float32"), ["logits"])["logits"][0][LABELS]
    np.testing.assert_allclose(found.sum(axis=(1, 2, 3)), logits - baseline, rtol=0.02)
    with pytest.warns(RuntimeWarning, match="take more steps than 1.") as told:
        wing.integrated_gradients(model, IMAGES, LABELS, steps=1)
    assert told[0].filename == __file__


def activations_are_those_of_every_layer_in_the_order_of_the_way_through(wing):
    model = trained(wing)
    found = wing.activations(model, IMAGES)
    assert list(found)[:3] == ["conv1", "relu1", "pool1"] and list(found)[-2:] == ["gap", "logits"]
    assert {array.dtype for array in found.values()} == {np.dtype("float32")}
    assert (found["conv2"].shape, found["logits"].shape) == ((12, 16, 16, 32), (12, 2))
    np.testing.assert_array_equal(found["relu1"], np.maximum(found["conv1"], 0))
    weights = wing.get_weights(model)
    np.testing.assert_allclose(
        found["gap"] @ weights["logits/kernel"] + weights["logits/bias"], found["logits"], rtol=1e-3
    )
    assert list(wing.activations(model, IMAGES, ["relu2", "conv1", "relu2"])) == ["conv1", "relu2"]


def what_is_flattened_goes_cell_by_cell(wing):
    found = wing.activations(wing.lenet((28, 28, 1), 3), PHOTOS[:, :28, :28, :1], ["pool2", "flatten"])
    np.testing.assert_array_equal(found["flatten"], found["pool2"].reshape(3, -1))


def batches_do_not_show(wing):
    model = trained(wing)
    whole = wing.activations(model, IMAGES), wing.grad_cam(model, IMAGES), wing.saliency(model, IMAGES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explaining, "PIXELS_AT_ONCE", 5 * 32 * 32)
        parts = wing.activations(model, IMAGES), wing.grad_cam(model, IMAGES), wing.saliency(model, IMAGES)
    for name, array in whole[0].items():
        np.testing.assert_allclose(parts[0][name], array, atol=1e-4, err_msg=name)
    for one, other in zip(whole[1:], parts[1:]):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)


BROKEN = PHOTOS.astype("float32") / 255
BROKEN[1, 2, 3] = np.nan


def wrong(wing):
    """Calls that make no sense, each with a part of what they are told."""
    lenet, two = wing.lenet((32, 32, 3)), wing.lenet((32, 32, 3), 2)
    return {
        "no such layer": (
            lambda: wing.activations(lenet, PHOTOS, ["conv9"]),
            "choose one of conv1, relu1, pool1, conv2",
        ),
        "one name": (lambda: wing.activations(lenet, PHOTOS, "conv1"), "give a list of names"),
        "a list of images": (lambda: wing.saliency(lenet, PHOTOS.tolist()), "Images are a list"),
        "one image": (lambda: wing.occlusion(lenet, PHOTOS[0]), "Images are of shape (32, 32, 3)"),
        "float64": (lambda: wing.grad_cam(lenet, PHOTOS / 255), "Images are float64"),
        "NaN": (lambda: wing.activations(lenet, BROKEN), "1 of 3 images hold NaN or infinity"),
        "NaN in saliency": (lambda: wing.saliency(lenet, BROKEN), "1 of 3 images hold NaN or infinity"),
        "another size": (lambda: wing.saliency(lenet, PHOTOS[:, :20]), "can not take images of shape (20, 32, 3)"),
        "other channels": (
            lambda: wing.activations(wing.lenet((32, 32, 1)), PHOTOS),
            "can not take images of shape (32, 32, 3)",
        ),
        "0 to 255": (
            lambda: wing.saliency(wing.vgg16_small((32, 32, 3), 2), PHOTOS.astype("float32")),
            "this network wants them from 0 to 1",
        ),
        "no classifier": (
            lambda: wing.saliency(wing.vgg16_small((64, 64, 3)), np.zeros((1, 64, 64, 3), "float32")),
            "not (1, classes)",
        ),
        "a class too many": (lambda: wing.smooth_grad(two, PHOTOS, [0, 1, 2]), "Class 2 is not one of the model's 2"),
        "a class too few": (lambda: wing.integrated_gradients(two, PHOTOS, [0, 1]), "one integer for each of 3 images"),
        "no pooling": (lambda: wing.class_activation_map(two, PHOTOS), "reads: use grad_cam"),
        "no map": (
            lambda: wing.class_activation_map(wing.dense_net((32, 32, 3), 2), PHOTOS),
            "No layer of this model gives a feature map",
        ),
        "a layer without map": (
            lambda: wing.grad_cam(lenet, PHOTOS, layer="dense1"),
            "Layer dense1 gives shape (1, 120)",
        ),
        "an unknown layer": (lambda: wing.grad_cam(lenet, PHOTOS, layer="conv9"), "There is no layer 'conv9'"),
        "a large window": (lambda: wing.occlusion(lenet, PHOTOS, window=33), "window is 33"),
        "no samples": (lambda: wing.smooth_grad(lenet, PHOTOS, samples=0), "samples must be"),
        "no steps": (lambda: wing.integrated_gradients(lenet, PHOTOS, steps=0), "steps must be"),
    }


def what_makes_no_sense_is_refused(wing):
    for what, (call, says) in wrong(wing).items():
        with pytest.raises(ValueError) as error:
            call()
        assert says in str(error.value), what


CASES = [
    a_map_is_highest_where_the_evidence_is,
    a_network_that_has_lost_its_weights_gives_another_map,
    a_copy_that_has_lost_nothing_gives_the_same_map,
    by_default_the_predicted_class_is_explained,
    uint8_and_scaled_float32_are_the_same_images,
    an_image_is_explained_as_it_is_alone,
    class_activation_maps_add_up_to_the_logits,
    saliency_is_the_slope_of_the_logit,
    grad_cam_weighs_a_layer_by_the_slopes_of_the_logit,
    integrated_gradients_are_complete,
    activations_are_those_of_every_layer_in_the_order_of_the_way_through,
    what_is_flattened_goes_cell_by_cell,
    batches_do_not_show,
    what_makes_no_sense_is_refused,
]
