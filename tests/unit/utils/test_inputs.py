import numpy as np

from utils import inputs


def test_uint8_becomes_zero_to_one_and_float32_stays():
    images = np.array([0, 51, 255], "uint8")
    scaled = inputs.to_float(images)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [0, 0.2, 1])
    own = np.array([-3, 300], "float32")
    assert inputs.to_float(own) is own


def test_the_order_depends_on_seed_and_epoch_alone():
    orders = {tuple(inputs.epoch_order(20, seed, epoch)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9
    assert all(sorted(order) == list(range(20)) for order in orders)
    np.testing.assert_array_equal(inputs.epoch_order(20, 1, 2), inputs.epoch_order(20, 1, 2))


def test_a_line_of_progress():
    assert inputs.epoch_line(0, 5, {"loss": 0.17123, "validation_accuracy": 1.0}) == (
        "epoch 1/5: loss 0.1712, validation accuracy 1.0000"
    )
