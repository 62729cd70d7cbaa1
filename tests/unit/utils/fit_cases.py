"""What `fit` must do in either wing, as functions of the wing and a folder; each wing's test_fit.py runs them all."""

import importlib

import numpy as np
import pytest

from utils import runtime
from utils.augmentation import Augmentation

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 60)
IMAGES = RNG.integers(0, 100, (60, 12, 12, 1))
IMAGES[np.arange(60), 4 * LABELS] += 150  # class c has a bright row 4c
IMAGES = IMAGES.astype("uint8")
WRONG = (LABELS + 1) % 3  # the better a model learns the labels, the worse it is at these


def net(wing):
    """Convolution, batch norm and dropout: all that keeps a state of its own."""
    runtime.seed_everything(3)
    if wing.__name__ == "utils.torch":
        from torch import nn

        from utils.torch.building import sequential

        return sequential(
            (12, 12, 1),
            conv1=nn.Conv2d(1, 4, 3),
            bn1=nn.BatchNorm2d(4),
            relu1=nn.ReLU(),
            flatten=nn.Flatten(),
            dropout=nn.Dropout(0.3),
            logits=nn.LazyLinear(3),
        )
    from keras import Sequential, layers

    stack = (layers.Conv2D(4, 3, name="conv1"), layers.BatchNormalization(name="bn1"), layers.ReLU(name="relu1"))
    rest = (layers.Flatten(name="flatten"), layers.Dropout(0.3, name="dropout"), layers.Dense(3, name="logits"))
    return Sequential([layers.Input((12, 12, 1)), *stack, *rest])


def plain(wing):
    runtime.seed_everything(1)
    return wing.dense_net((12, 12, 1), 3, units=8)


def same(wing, first, second, **tolerance):
    first, second = wing.get_weights(first), wing.get_weights(second)
    assert first.keys() == second.keys()
    for key, array in first.items():
        np.testing.assert_allclose(array, second[key], err_msg=key, **({"rtol": 0, "atol": 0} | tolerance))


class Pace:
    """A schedule that interrupts training once, as Ctrl-C would."""

    def __init__(self, interrupt_at=None):
        self.interrupt_at, self.__qualname__ = interrupt_at, "Pace"

    def __call__(self, step, steps):
        if step == self.interrupt_at:
            self.interrupt_at = None
            raise KeyboardInterrupt
        return 1 - step / steps


FULL = {
    "epochs": 4,
    "batch_size": 16,
    "optimizer": "adamw",
    "learning_rate": 0.01,
    "average": 0.7,
    "label_smoothing": 0.1,
    "augment": Augmentation(shift=0.1, mixup=0.2),
    "validation": (IMAGES[:20], LABELS[:20]),
    "patience": 3,
    "seed": 5,
}


def interrupted_training_goes_on_to_the_same_result(wing, folder):
    whole = net(wing)
    expected = wing.fit(whole, IMAGES, LABELS, schedule=Pace(), **FULL)
    with pytest.raises(KeyboardInterrupt):
        wing.fit(net(wing), IMAGES, LABELS, schedule=Pace(9), checkpoint=folder / "run", **FULL)
    assert [path.name for path in folder.iterdir()] == ["run"]
    again = net(wing)
    runtime.seed_everything(99)  # nothing may depend on what chance did in between
    assert wing.fit(again, IMAGES, LABELS, schedule=Pace(), checkpoint=folder / "run", **FULL) == expected
    same(wing, whole, again)
    done = net(wing)
    assert wing.fit(done, IMAGES, LABELS, schedule=Pace(4), checkpoint=folder / "run", **FULL) == expected
    same(wing, whole, done)


def a_checkpoint_of_another_training_is_refused(wing, folder):
    path = folder / "run"
    wing.fit(plain(wing), IMAGES, LABELS, checkpoint=path, learning_rate=0.01)
    written = path.read_bytes()
    for arguments, says in (
        ({"learning_rate": 0.02}, "is of a training with learning_rate 0.01, but this one has 0.02"),
        ({"learning_rate": 0.01, "batch_size": 7}, "batch_size 64, but this one has 7"),
    ):
        with pytest.raises(ValueError, match=says):
            wing.fit(plain(wing), IMAGES, LABELS, checkpoint=path, **arguments)
    narrow = wing.dense_net((12, 12, 1), 3, units=7)
    for model, images, labels, says in (
        (plain(wing), IMAGES[:50], LABELS[:50], "with images"),
        (plain(wing), IMAGES, WRONG, "with labels of checksum"),
        (narrow, IMAGES, LABELS, "with trained parameters 1,187, but this one has 1,039"),
    ):
        with pytest.raises(ValueError, match=says):
            wing.fit(model, images, labels, checkpoint=path, learning_rate=0.01)
    with pytest.raises(ValueError, match="with validation None"):
        wing.fit(plain(wing), IMAGES, LABELS, checkpoint=path, learning_rate=0.01, validation=(IMAGES, LABELS))
    assert path.read_bytes() == written


def a_checkpoint_of_a_network_of_other_shapes_is_refused(wing, folder):
    path = folder / "run"
    model = wing.vgg16_small((32, 32, 3), 3)
    wing.freeze(model)
    wing.unfreeze(model, "logits")
    pictures = RNG.integers(0, 256, (6, 32, 32, 3)).astype("uint8")
    wing.fit(model, pictures, LABELS[:6], checkpoint=path)
    other = wing.lenet((32, 32, 3), 3)
    wing.freeze(other)
    before = wing.get_weights(other)
    wing.unfreeze(other, "logits")  # 255 weights, not 387
    with pytest.raises(ValueError, match="with trained parameters 387, but this one has 255"):
        wing.fit(other, pictures, LABELS[:6], checkpoint=path)
    after = wing.get_weights(other)
    assert all(np.array_equal(before[key], after[key]) for key in before)


def a_checkpoint_goes_into_a_file(wing, folder):
    for path, says in (
        (folder, "is a folder: give the path of a file in it"),
        (folder / "nowhere" / "run", "There is no folder"),
        (3, "checkpoint is a int: give the path of a file"),
    ):
        with pytest.raises(ValueError, match=says):
            wing.fit(plain(wing), IMAGES, LABELS, checkpoint=path)
    wing.fit(plain(wing), IMAGES, LABELS, checkpoint=str(folder / "run"))
    assert [path.name for path in folder.iterdir()] == ["run"]


def what_is_no_classifier_is_refused(wing, folder):
    for call in (
        lambda: wing.fit(None, IMAGES, LABELS),
        lambda: wing.evaluate("lenet", IMAGES, LABELS),
        lambda: wing.freeze(wing.lenet),
        lambda: wing.load_pretrained(IMAGES),
        lambda: wing.copy_weights(3, plain(wing)),
    ):
        with pytest.raises(ValueError, match=r"model is a \w+: give a Keras model to utils.keras, a PyTorch model"):
            call()
    with pytest.raises(ValueError, match="validation has 3 parts: give a pair, validation=\\(images, labels\\)"):
        wing.fit(plain(wing), IMAGES, LABELS, validation=(IMAGES, LABELS, 0))
    with pytest.raises(ValueError, match="one logit for each image: give it one for each class, two for yes and no"):
        wing.fit(single_logit(wing), IMAGES, LABELS)


def single_logit(wing):
    if wing.__name__ == "utils.torch":
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(144, 1))
    from keras import Sequential, layers

    return Sequential([layers.Input((12, 12, 1)), layers.Flatten(), layers.Dense(1)])


def numbers_may_be_numpys(wing, folder):
    plainly, numpys = plain(wing), plain(wing)
    wing.fit(plainly, IMAGES, LABELS, epochs=2, batch_size=20, learning_rate=0.01, seed=3)
    settings = {"epochs": np.int64(2), "batch_size": np.int32(20), "learning_rate": np.float64(0.01)}
    wing.fit(numpys, IMAGES, LABELS, seed=np.uint8(3), **settings)
    same(wing, plainly, numpys)
    for rate in (1, np.float32(1)):  # which Keras' optimizers refuse
        wing.fit(plain(wing), IMAGES, LABELS, optimizer="sgd", learning_rate=rate)


def a_schedule_that_gives_no_factor_is_refused(wing, folder):
    for wrong in (None, -1, float("nan"), "fast"):
        with pytest.raises(ValueError, match="At step 0 the schedule gives"):
            wing.fit(plain(wing), IMAGES, LABELS, schedule=lambda step, steps, wrong=wrong: wrong)


def a_broken_checkpoint_is_refused(wing, folder):
    path = folder / "run"
    wing.fit(plain(wing), IMAGES, LABELS, checkpoint=path)
    whole = path.read_bytes()
    for broken in (b"", b"nothing of the kind", whole[: len(whole) // 2], whole[:-3]):
        path.write_bytes(broken)
        model = plain(wing)
        with pytest.raises(ValueError, match="no checkpoint of this model, or broken"):
            wing.fit(model, IMAGES, LABELS, checkpoint=path)
        same(wing, model, plain(wing))


def patience_stops_and_keeps_the_best_epoch(wing, folder):
    for average in (0.0, 0.9):
        model = plain(wing)
        settings = {"epochs": 20, "batch_size": 20, "learning_rate": 0.003, "patience": 2, "average": average}
        history = wing.fit(model, IMAGES, LABELS, validation=(IMAGES, WRONG), seed=1, **settings)
        losses = history["validation_loss"]
        best = int(np.argmin(losses))
        assert len(losses) == best + 3 < 20
        assert wing.evaluate(model, IMAGES, WRONG)["loss"] == pytest.approx(losses[best], rel=1e-6)


def averaged_weights_are_the_average_by_hand(wing, folder):
    after = []
    for epochs in (1, 2, 3):
        model = plain(wing)
        wing.fit(model, IMAGES, LABELS, epochs=epochs, batch_size=60, optimizer="sgd", learning_rate=0.1)
        after.append(wing.get_weights(model))
    averaged = plain(wing)
    settings = {"epochs": 3, "batch_size": 60, "optimizer": "sgd", "learning_rate": 0.1, "average": 0.75}
    history = wing.fit(averaged, IMAGES, LABELS, validation=(IMAGES, LABELS), **settings)
    for key, array in wing.get_weights(averaged).items():
        first, second, third = (weights[key] for weights in after)
        expected = 0.75 * (0.75 * first + 0.25 * second) + 0.25 * third
        np.testing.assert_allclose(array, expected, atol=1e-6, err_msg=key)
    assert history["validation_loss"][-1] == pytest.approx(wing.evaluate(averaged, IMAGES, LABELS)["loss"], rel=1e-5)


def a_smoothed_label_is_shared_among_all_classes(wing, folder):
    model = plain(wing)
    logs = np.log(wing.predict(model, IMAGES))
    targets = 0.3 / 3 + 0.7 * np.eye(3)[LABELS]
    expected = -(targets * logs).sum(axis=1).mean()
    history = wing.fit(model, IMAGES, LABELS, batch_size=60, label_smoothing=0.3)
    assert history["loss"] == pytest.approx([expected], rel=1e-4)


def a_given_schedule_is_asked_step_by_step(wing, folder):
    asked = []

    def pace(step, steps):
        asked.append((step, steps))
        return 0.5

    wing.fit(plain(wing), IMAGES, LABELS, epochs=2, batch_size=30, schedule=pace)
    assert asked == [(0, 4), (1, 4), (2, 4), (3, 4)]


def a_rate_of_nearly_zero_changes_nearly_nothing(wing, folder):
    still = plain(wing)
    wing.fit(still, IMAGES, LABELS, optimizer="sgd", learning_rate=0.5, schedule=lambda step, steps: 1e-9)
    same(wing, still, plain(wing), atol=1e-7)
    with pytest.raises(AssertionError):  # and that is the schedule's doing
        moved = plain(wing)
        wing.fit(moved, IMAGES, LABELS, optimizer="sgd", learning_rate=0.5)
        same(wing, moved, plain(wing), atol=1e-7)


def weight_decay_shrinks_what_no_gradient_moves(wing, folder):
    black = np.zeros((4, 12, 12, 1), "uint8")  # kernels on it get no gradient
    model = plain(wing)
    before = wing.get_weights(model)["dense1/kernel"]
    settings = {"optimizer": "adamw", "learning_rate": 0.1, "batch_size": 4}
    wing.fit(model, black, np.array([0, 1, 2, 0]), weight_decay=0.5, **settings)
    np.testing.assert_allclose(wing.get_weights(model)["dense1/kernel"], 0.95 * before, rtol=1e-5)


def a_frozen_batch_norm_keeps_its_statistics(wing, folder):
    model = net(wing)
    wing.freeze(model, "bn1")
    before = wing.get_weights(model)
    wing.fit(model, IMAGES, LABELS, epochs=2, learning_rate=0.01)
    after = wing.get_weights(model)
    for key in before:
        assert np.array_equal(before[key], after[key]) == key.startswith("bn1"), key


def a_checkpoint_is_for_the_layers_that_were_trained(wing, folder):
    path, settings = folder / "run", {"optimizer": "sgd", "checkpoint": folder / "run"}
    wing.fit(plain(wing), IMAGES, LABELS, **settings)
    frozen = plain(wing)
    wing.freeze(frozen, "dense1")
    with pytest.raises(ValueError, match="trained parameters 1,187, but this one has 27"):
        wing.fit(frozen, IMAGES, LABELS, **settings)
    same(wing, frozen, plain(wing))
    assert [each.name for each in folder.iterdir()] == [path.name]


def an_interrupted_writing_leaves_no_file(wing, folder):
    module, name = ("torch", "save") if wing.__name__ == "utils.torch" else ("safetensors.numpy", "save_file")

    with pytest.MonkeyPatch.context() as patch:
        write = getattr(importlib.import_module(module), name)

        def interrupted(*given):
            write(*given)
            raise KeyboardInterrupt

        patch.setattr(f"{module}.{name}", interrupted)
        with pytest.raises(KeyboardInterrupt):
            wing.fit(plain(wing), IMAGES, LABELS, checkpoint=folder / "run")
    assert not list(folder.iterdir())


def an_interrupted_validation_leaves_the_weights_of_training(wing, folder):
    settings = {"batch_size": 20, "optimizer": "sgd", "learning_rate": 0.5}
    expected, model = plain(wing), plain(wing)
    wing.fit(expected, IMAGES, LABELS, **settings)
    place = "utils.torch.training" if wing.__name__ == "utils.torch" else "utils.keras.callbacks"

    def interrupted(*given):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{place}.evaluate", interrupted)
        with pytest.raises(KeyboardInterrupt):
            wing.fit(model, IMAGES, LABELS, average=0.9, validation=(IMAGES, LABELS), **settings)
    same(wing, model, expected)


def modes(wing, model):
    """Which parts of a model are in training mode; Keras' models have no mode."""
    return [part.training for part in model.modules()] if wing.__name__ == "utils.torch" else []


def a_model_keeps_its_mode(wing, folder):
    model = net(wing)
    if wing.__name__ == "utils.torch":
        model.bn1.eval()
    before = modes(wing, model)
    wing.evaluate(model, IMAGES, LABELS)
    wing.predict(model, IMAGES)
    assert modes(wing, model) == before
    for validation in (None, (IMAGES, LABELS)):
        wing.fit(model, IMAGES, LABELS, validation=validation)
        assert modes(wing, model) == before
    with pytest.raises(KeyboardInterrupt):
        wing.fit(model, IMAGES, LABELS, schedule=Pace(0))
    assert modes(wing, model) == before


def in_other_precisions(wing, **kind):
    """Dense layers on flattened images that compute in `dtype`."""
    if wing.__name__ == "utils.torch":
        import torch

        return wing.dense_net((12, 12, 1), 3, units=8).to(getattr(torch, kind["dtype"]))
    from keras import Sequential, layers

    stack = (layers.Flatten(), layers.Dense(8, **kind), layers.ReLU(**kind), layers.Dense(3, **kind))
    return Sequential([layers.Input((12, 12, 1)), *stack])


def models_of_any_precision_give_float32(wing, folder):
    for dtype in ("float64", "bfloat16"):
        model = in_other_precisions(wing, dtype=dtype)
        probabilities = wing.predict(model, IMAGES)
        assert probabilities.dtype == np.float32
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        expected = -np.log(probabilities[np.arange(60), LABELS]).mean()
        assert wing.evaluate(model, IMAGES, LABELS)["loss"] == pytest.approx(expected, rel=1e-4)
        first = wing.fit(model, IMAGES, LABELS, batch_size=60, label_smoothing=0.0)["loss"]
        assert first == pytest.approx([expected], rel=2e-2)
        wing.fit(model, IMAGES, LABELS, augment=Augmentation(mixup=0.2), label_smoothing=0.1)


def normalizing(wing, **settings):
    """Batch norm of pictures, and one of numbers."""
    if wing.__name__ == "utils.torch":
        from torch import nn

        return nn.Sequential(
            nn.BatchNorm2d(1, affine=settings["scale"]),
            nn.Flatten(),
            nn.Linear(144, 3),
            nn.BatchNorm1d(3, affine=settings["scale"]),
        )
    from keras import Sequential, layers

    first, last = (layers.BatchNormalization(center=settings["scale"], **settings) for _ in range(2))
    return Sequential([layers.Input((12, 12, 1)), first, layers.Flatten(), layers.Dense(3), last])


def batch_norms_of_any_kind_are_trained_or_frozen(wing, folder):
    wing.fit(normalizing(wing, scale=False), IMAGES, LABELS, batch_size=20)  # without weights none can be frozen
    model = normalizing(wing, scale=True)
    torch = wing.__name__ == "utils.torch"
    last = list(model.children())[-1] if torch else model.layers[-1]
    wing.freeze(model, "3" if torch else last.name)
    wing.fit(model, IMAGES, LABELS, batch_size=20)
    mean = (last.running_mean if torch else last.moving_mean).numpy()
    assert not mean.any()


def outputs_of(wing, kind):
    """A model that gives one logit, or two outputs."""
    if wing.__name__ == "utils.torch":
        from torch import nn

        class Two(nn.Sequential):
            def forward(self, pictures):
                return (super().forward(pictures),) * 2

        made = {"one logit": lambda: nn.Sequential(nn.Flatten(), nn.Linear(144, 1))}
        return made.get(kind, lambda: Two(nn.Flatten(), nn.Linear(144, 3)))()
    import keras

    pictures = keras.Input((12, 12, 1))
    flat = keras.layers.Flatten()(pictures)
    if kind == "one logit":
        return keras.Model(pictures, keras.layers.Dense(1)(flat))
    return keras.Model(pictures, (keras.layers.Dense(3)(flat), keras.layers.Dense(3)(flat)))


def a_model_that_is_none_or_gives_something_else_is_refused(wing, folder):
    for model, says in (
        (None, "model is a NoneType: give a Keras model to utils.keras"),
        (wing.lenet, "model is a function"),
        (outputs_of(wing, "one logit"), "one logit for each image: give it one for each class"),
        (outputs_of(wing, "two"), "The model gives a (tuple|list): give one with a single output"),
    ):
        for call in (wing.fit, wing.evaluate, lambda model, images, labels: wing.predict(model, images)):
            with pytest.raises(ValueError, match=says):
                call(model, IMAGES, LABELS % 2)
    for call in (
        lambda: wing.get_weights(None),
        lambda: wing.set_weights(wing.lenet, {}),
        lambda: wing.copy_weights(None, plain(wing)),
        lambda: wing.freeze("lenet"),
        lambda: wing.cached_features(None, IMAGES),
        lambda: wing.summary(None),
        lambda: wing.saliency(None, IMAGES),
    ):
        with pytest.raises(ValueError, match=r"give a Keras model to utils.keras, a PyTorch model to utils.torch"):
            call()


def a_validation_that_is_no_pair_is_refused(wing, folder):
    for wrong, says in ((0.2, "is a float"), (IMAGES, "is a ndarray"), ((IMAGES,), "has 1 parts"), ((), "has 0 parts")):
        with pytest.raises(ValueError, match=rf"validation {says}: give a pair, validation=\(images, labels\)"):
            wing.fit(plain(wing), IMAGES, LABELS, validation=wrong)


CASES = [
    interrupted_training_goes_on_to_the_same_result,
    a_checkpoint_of_another_training_is_refused,
    a_checkpoint_of_a_network_of_other_shapes_is_refused,
    a_checkpoint_goes_into_a_file,
    a_broken_checkpoint_is_refused,
    what_is_no_classifier_is_refused,
    numbers_may_be_numpys,
    a_schedule_that_gives_no_factor_is_refused,
    patience_stops_and_keeps_the_best_epoch,
    averaged_weights_are_the_average_by_hand,
    a_smoothed_label_is_shared_among_all_classes,
    a_given_schedule_is_asked_step_by_step,
    a_rate_of_nearly_zero_changes_nearly_nothing,
    weight_decay_shrinks_what_no_gradient_moves,
    a_frozen_batch_norm_keeps_its_statistics,
    a_checkpoint_is_for_the_layers_that_were_trained,
    an_interrupted_writing_leaves_no_file,
    an_interrupted_validation_leaves_the_weights_of_training,
    a_model_keeps_its_mode,
    models_of_any_precision_give_float32,
    batch_norms_of_any_kind_are_trained_or_frozen,
    a_model_that_is_none_or_gives_something_else_is_refused,
    a_validation_that_is_no_pair_is_refused,
]
