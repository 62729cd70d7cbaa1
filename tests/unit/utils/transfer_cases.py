"""What transfer learning must do in either wing, as functions of the wing; each wing's test_transfer.py runs them."""

import numpy as np
import pytest

from utils import runtime

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (10, 33, 40, 3)).astype("uint8")


def base(wing, **settings):
    runtime.seed_everything(0)
    return wing.vgg16_small((33, 40, 3), **settings)


def freezing_counts_what_is_still_trained(wing):
    model = base(wing, classes=3)
    everything = wing.count_parameters(model)
    head = 128 * 3 + 3
    assert everything == 920_784 + head
    assert wing.freeze(model) == 0
    assert wing.unfreeze(model, "logits") == head
    block5 = 3 * (3 * 3 * 128 * 128 + 128)
    assert wing.unfreeze(model, "block5") == head + block5
    assert wing.freeze(model, "block5_conv1", "logits") == block5 * 2 // 3
    assert wing.unfreeze(model) == everything


def frozen_layers_stay_as_they_are(wing):
    model = base(wing, classes=3)
    wing.freeze(model)
    wing.unfreeze(model, "logits", "block5_conv3")
    before = wing.get_weights(model)
    wing.fit(model, IMAGES, np.arange(10) % 3, optimizer="sgd", learning_rate=0.1)
    changed = {key for key, array in wing.get_weights(model).items() if not np.array_equal(array, before[key])}
    assert changed == {"logits/kernel", "logits/bias", "block5_conv3/kernel", "block5_conv3/bias"}


def a_dot_or_an_underline_ends_a_beginning(wing):
    model = wing.mobilenet_v2((32, 32, 3), 3)
    wing.freeze(model)
    assert wing.unfreeze(model, "block_1") == 384 + 96 + 432 + 96 + 384 + 16  # and none of block_10 and after


def a_model_that_is_all_frozen_is_not_trained(wing):
    model = base(wing, classes=3)
    wing.freeze(model)
    with pytest.raises(ValueError, match="Every layer of this model is frozen: unfreeze"):
        wing.fit(model, IMAGES, np.arange(10) % 3)


def an_unknown_layer_is_refused_and_nothing_changes(wing):
    model = base(wing, classes=3)
    with pytest.raises(ValueError, match="no layer 'block6' with weights; there are block1_conv1, block1_conv2"):
        wing.freeze(model, "block1", "block6")
    assert wing.count_parameters(model) == 920_784 + 387


def unbuilt_layers_are_refused(wing):
    if wing.__name__ == "utils.torch":
        from torch import nn

        model = nn.Sequential(nn.Flatten(), nn.LazyLinear(3))
    else:
        from keras import Sequential, layers

        model = Sequential([layers.Flatten(), layers.Dense(3)])
    for change in (wing.freeze, wing.unfreeze):
        with pytest.raises(ValueError, match="has no weights yet: call the model on images once"):
            change(model)


def names_are_given_one_by_one(wing):
    for wrong, says in ((["block1"], "a list"), (None, "a NoneType"), (3, "a int")):
        with pytest.raises(ValueError, match=f"The name of a layer is {says}: give names one by one"):
            wing.freeze(base(wing), wrong)


def cached_features_are_what_the_network_gives(wing):
    model = base(wing)
    maps = wing.cached_features(model, IMAGES, pool=False, batch_size=4)
    assert (maps.shape, maps.dtype) == ((10, 1, 1, 128), np.float32)
    assert maps.std() > 0
    np.testing.assert_allclose(wing.cached_features(model, IMAGES), maps.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    floats = IMAGES[:3].astype("float32") / 255
    np.testing.assert_allclose(wing.cached_features(model, floats, pool=False), maps[:3], rtol=1e-4, atol=1e-6)


def features_of_a_head_are_the_classifier_s_business(wing):
    with_head = base(wing, classes=3)
    bare = base(wing)
    wing.set_weights(bare, {key: array for key, array in wing.get_weights(with_head).items() if "logits" not in key})
    weights = wing.get_weights(with_head)
    logits = wing.cached_features(bare, IMAGES) @ weights["logits/kernel"] + weights["logits/bias"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(wing.predict(with_head, IMAGES), odds / odds.sum(axis=1, keepdims=True), atol=1e-5)


def wrong_input_is_refused(wing):
    model = base(wing)
    for call, says in (
        (lambda: wing.cached_features(model, IMAGES[:0]), "no images"),
        (lambda: wing.cached_features(model, IMAGES / 255), "float64"),
        (lambda: wing.cached_features(model, IMAGES[..., :2]), "can not take images of shape"),
        (lambda: wing.cached_features(model, IMAGES.astype("float32")), "wants them from 0 to 1"),
        (lambda: wing.cached_features(model, IMAGES, batch_size=0), "batch_size is 0"),
        (lambda: wing.cached_features(base(wing, classes=3), IMAGES), "not a feature map: build it without"),
    ):
        with pytest.raises(ValueError, match=says):
            call()


CASES = [
    freezing_counts_what_is_still_trained,
    frozen_layers_stay_as_they_are,
    a_dot_or_an_underline_ends_a_beginning,
    a_model_that_is_all_frozen_is_not_trained,
    an_unknown_layer_is_refused_and_nothing_changes,
    unbuilt_layers_are_refused,
    names_are_given_one_by_one,
    cached_features_are_what_the_network_gives,
    features_of_a_head_are_the_classifier_s_business,
    wrong_input_is_refused,
]
