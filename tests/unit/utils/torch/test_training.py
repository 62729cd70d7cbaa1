import numpy as np
import pytest
import torch
from torch import nn

from utils import runtime
from utils.torch import dense_net, evaluate, fit, lenet, predict

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 90)
IMAGES = RNG.integers(0, 100, (90, 16, 16, 1))
IMAGES[np.arange(90), 5 * LABELS] += 150  # class c has a bright row 5c
IMAGES = IMAGES.astype("uint8")


def net():
    runtime.seed_everything(0)
    return dense_net(input_shape=(16, 16, 1), classes=3, units=16)


@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
def test_every_optimizer_learns_under_every_schedule(optimizer, schedule):
    settings = {"learning_rate": 0.1 if optimizer == "sgd" else 0.01, "optimizer": optimizer, "schedule": schedule}
    model = net()
    before = evaluate(model, IMAGES, LABELS)["loss"]
    history = fit(model, IMAGES, LABELS, epochs=6, batch_size=16, **settings)
    after = evaluate(model, IMAGES, LABELS)
    assert after["loss"] < 0.5 * before
    assert after["accuracy"] > 0.9
    assert list(history) == ["loss", "accuracy"]
    assert [len(values) for values in history.values()] == [6, 6]


def test_the_same_seed_gives_the_same_history_bit_by_bit():
    runs = []
    for _ in range(2):
        runtime.seed_everything(1)
        model = lenet(input_shape=(16, 16, 1), classes=3)
        runs.append(fit(model, IMAGES, LABELS, epochs=2, batch_size=16, validation=(IMAGES[:20], LABELS[:20]), seed=4))
    assert runs[0] == runs[1]
    assert fit(net(), IMAGES, LABELS, batch_size=16, seed=4) != fit(net(), IMAGES, LABELS, batch_size=16, seed=5)


def test_validation_is_evaluated_after_each_epoch():
    model = net()
    history = fit(model, IMAGES, LABELS, epochs=2, validation=(IMAGES[:50], LABELS[:50]))
    assert list(history) == ["loss", "accuracy", "validation_loss", "validation_accuracy"]
    last = evaluate(model, IMAGES[:50], LABELS[:50])
    assert history["validation_loss"][-1] == pytest.approx(last["loss"], rel=1e-5)
    assert history["validation_accuracy"][-1] == pytest.approx(last["accuracy"])


def test_one_cycle_sets_the_rate_of_every_step(monkeypatch):
    rates, step = [], torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: (rates.append(self.param_groups[0]["lr"]), step(self)))
    fit(net(), IMAGES, LABELS, batch_size=30, optimizer="sgd", schedule="one-cycle", learning_rate=0.1)
    assert rates == pytest.approx([0.1, 0.1 * 0.75, 0.1 * 0.25])  # 3 steps: 1, then half a cosine at 1/3 and 2/3


def test_uint8_and_scaled_float32_are_the_same_images():
    model = net()
    np.testing.assert_array_equal(predict(model, IMAGES), predict(model, IMAGES.astype("float32") / 255))


def test_predictions_are_probabilities_whatever_the_batch_size():
    model = net()
    probabilities = predict(model, IMAGES)
    assert (probabilities.shape, probabilities.dtype) == ((90, 3), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(predict(model, IMAGES, batch_size=7), probabilities, atol=1e-6)


def test_evaluate_agrees_with_predictions():
    model = net()
    probabilities, found = predict(model, IMAGES), evaluate(model, IMAGES, LABELS, batch_size=7)
    assert found["accuracy"] == pytest.approx((probabilities.argmax(axis=1) == LABELS).mean())
    assert found["loss"] == pytest.approx(-np.log(probabilities[np.arange(90), LABELS]).mean(), rel=1e-4)


def test_batch_norm_and_dropout_rest_outside_training():
    model = nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5), nn.Flatten(), nn.Linear(256, 3))
    fit(model, IMAGES, LABELS, batch_size=16)
    alone, together = predict(model, IMAGES[:1]), predict(model, IMAGES)[:1]
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_progress_is_a_line_an_epoch_and_silence_otherwise(capsys):
    fit(net(), IMAGES, LABELS, epochs=2)
    assert capsys.readouterr().out == ""
    fit(net(), IMAGES, LABELS, epochs=2, validation=(IMAGES, LABELS), progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert "validation accuracy" in lines[1]


def test_a_model_with_softmax_is_refused():
    model = nn.Sequential(nn.Flatten(), nn.Linear(256, 3), nn.Softmax(dim=1))
    with pytest.raises(ValueError, match="leave out its final softmax"):
        fit(model, IMAGES, LABELS)


def test_frozen_weights_stay():
    model = net()
    model.dense1.requires_grad_(False)
    before = model.dense1.weight.clone()
    fit(model, IMAGES, LABELS)
    assert torch.equal(model.dense1.weight, before)


@pytest.mark.parametrize("gains", [True, False])
def test_mixed_precision_is_for_machines_that_gain_by_it(monkeypatch, gains):
    asked = []
    autocast = torch.autocast
    monkeypatch.setattr("utils.torch.training.gains_from_bfloat16", lambda device: gains)
    monkeypatch.setattr(torch, "autocast", lambda *given: asked.append(given) or autocast(*given))
    model = net()
    history = fit(model, IMAGES, LABELS, epochs=6, batch_size=16, learning_rate=0.01, mixed_precision=True)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert {weights.dtype for weights in model.parameters()} == {torch.float32}
    assert set(asked) == ({("cpu", torch.bfloat16)} if gains else set())
