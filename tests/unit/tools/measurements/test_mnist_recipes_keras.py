import keras
import numpy as np
import pytest

from tools.measurements.mnist_recipes import progress_bar_accuracy


def test_by_hand():
    # three batches of two: 1/2, 2/4, 4/6 right so far; the bar adds the last once more and divides by 4
    right = np.array([True, False, True, False, True, True])
    assert progress_bar_accuracy(right, batch_size=2) == pytest.approx((1 / 2 + 2 / 4 + 4 / 6 + 4 / 6) / 4)


def test_keras_own_bar_shows_it_when_it_averages_as_it_used_to():
    rng = np.random.default_rng(0)
    images, labels = rng.random((1000, 6), "float32"), rng.integers(0, 3, 1000)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    bar = keras.utils.Progbar(target=None, verbose=0)  # unless told otherwise, it averages what it gets
    update = lambda batch, logs: bar.update(batch + 1, [("accuracy", logs["accuracy"])])  # noqa: E731
    watch = keras.callbacks.LambdaCallback(on_test_batch_end=update)
    final = model.evaluate(images, labels, verbose=0, callbacks=[watch], return_dict=True)
    bar.update(32, list(final.items())[:1])
    total, count = bar._values["accuracy"]
    right = model.predict(images, verbose=0).argmax(axis=1) == labels
    assert count == 33
    assert progress_bar_accuracy(right) == pytest.approx(total / count, abs=1e-6)
    assert progress_bar_accuracy(right) != pytest.approx(final["accuracy"], abs=1e-4)
