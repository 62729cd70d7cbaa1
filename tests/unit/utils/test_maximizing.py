import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from utils import maximizing
from utils.maximizing import Ascent, Canvas, climb, hartley

SHAPE = (10, 13, 3)
TARGET = np.random.default_rng(0).standard_normal(SHAPE)


def ascent(**changes):
    settings = {"steps": 5, "learning_rate": 0.1, "jitter": 0, "blur": 0.0, "total_variation": 0.0}
    return Ascent(**(settings | {"fourier": True, "seed": 0} | changes))


def climbed(shape=SHAPE, gradient=lambda picture: TARGET, **changes):
    return climb(shape, ascent(**changes), gradient, "conv1", 3)


def slopes(function, at, step=1e-5):
    """The gradient by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = np.zeros_like(at)
        moved[place] = step
        found[place] = (function(at + moved) - function(at - moved)) / (2 * step)
    return found


@given(st.integers(1, 9), st.integers(1, 9))
def test_the_transform_is_its_own_inverse_and_transpose(height, width):
    x, y = np.random.default_rng(0).standard_normal((2, height, width, 2))
    np.testing.assert_allclose(hartley(hartley(x)), x, atol=1e-12)
    np.testing.assert_allclose((hartley(x) * y).sum(), (x * hartley(y)).sum(), atol=1e-10)


def test_one_parameter_is_one_wave():
    parameters = np.zeros((8, 12, 1))
    parameters[2, 3] = 1
    rows, columns = np.ogrid[:8, :12]
    phase = 2 * np.pi * (2 * rows / 8 + 3 * columns / 12)
    np.testing.assert_allclose(hartley(parameters)[..., 0], (np.cos(phase) + np.sin(phase)) / np.sqrt(96), atol=1e-12)


@pytest.mark.parametrize("fourier", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_gradients_go_back_through_the_canvas(fourier, channels):
    shape = (5, 6, channels)
    canvas = Canvas(shape, ascent(fourier=fourier))
    weights, parameters = np.random.default_rng(0).standard_normal((2, *shape))
    expected = slopes(lambda p: (canvas.picture(p) * weights).sum(), parameters)
    np.testing.assert_allclose(canvas.backward(weights, canvas.picture(parameters)), expected, atol=1e-8)


def before_sigmoid(picture):
    return np.log(picture / (1 - picture))


def test_pixels_deviate_as_much_as_parameters():
    parameters = 0.1 * np.random.default_rng(0).standard_normal((64, 64, 3))
    pixels = before_sigmoid(Canvas((64, 64, 3), ascent()).picture(parameters))
    assert pixels.std() == pytest.approx(0.1, rel=0.3)


def test_waves_fall_with_their_frequency():
    def height(frequency):
        parameters = np.zeros((32, 32, 1))
        parameters[frequency, 0] = 1
        return np.std(before_sigmoid(Canvas((32, 32, 1), ascent()).picture(parameters)))

    assert height(2) == pytest.approx(4 * height(8))
    assert height(0) == pytest.approx(0, abs=1e-12)  # one shade everywhere
    assert height(-8) == pytest.approx(height(8))


def test_colors_correlate_as_in_photos():
    canvas, drawn = Canvas((16, 16, 3), ascent()), np.random.default_rng(0).standard_normal((300, 16, 16, 3))
    pixels = [before_sigmoid(canvas.picture(0.1 * parameters)) for parameters in drawn]
    found = np.corrcoef(np.reshape(pixels, (-1, 3)).T)[np.triu_indices(3, 1)]
    covariance = maximizing.AXES.T @ np.diag(maximizing.DEVIATIONS**2) @ maximizing.AXES
    expected = covariance / np.sqrt(np.outer(covariance.diagonal(), covariance.diagonal()))
    np.testing.assert_allclose(found, expected[np.triu_indices(3, 1)], atol=0.03)
    assert found.min() > 0.75
    np.testing.assert_allclose(maximizing.AXES @ maximizing.AXES.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("fourier", [True, False])
def test_the_blur_is_a_gaussian_around_the_border(fourier):
    sigma, shape = 1.5, (24, 31, 3)
    canvas = Canvas(shape, ascent(fourier=fourier, blur=sigma))
    parameters = np.random.default_rng(0).standard_normal(shape)
    before, blurred = (before_sigmoid(canvas.picture(given)) for given in (parameters, canvas.blurred(parameters)))
    expected = ndimage.gaussian_filter(before, (sigma, sigma, 0), mode="wrap", truncate=8)
    np.testing.assert_allclose(blurred, expected, atol=1e-4)  # one samples the curve, the other its waves


def test_total_variation_by_hand_and_its_gradient():
    step = np.zeros((4, 4, 1))
    step[:, 2:] = 1  # up in the middle, down around the border: 8 of 16 pixels step by 1
    assert maximizing.total_variation(step) == pytest.approx(0.5, abs=1e-3)
    picture = np.random.default_rng(0).random((4, 5, 2))
    expected = slopes(maximizing.total_variation, picture)
    np.testing.assert_allclose(maximizing.total_variation_gradient(picture), expected, atol=1e-8)


@pytest.mark.parametrize("fourier", [True, False])
@pytest.mark.parametrize("jitter", [0, 3])
def test_the_climb_leads_up_within_bounds(fourier, jitter):
    changes = {"fourier": fourier, "jitter": jitter, "gradient": lambda picture: 0.7 - picture}
    near, far = (np.abs(climbed(steps=steps, **changes) - 0.7).mean() for steps in (1, 30))
    assert far < 0.6 * near
    picture = climbed(steps=60, learning_rate=1.0, fourier=fourier)
    assert (picture.shape, picture.dtype) == (SHAPE, np.float32)
    assert picture.min() >= 0 and picture.max() <= 1
    assert picture[TARGET > 1].mean() > 0.9 and picture[TARGET < -1].mean() < 0.1


@pytest.mark.parametrize("fourier", [True, False])
def test_steps_are_of_the_length_asked_for_whatever_the_gradient(fourier):
    start, end = (climbed(steps=1, learning_rate=rate, fourier=fourier) for rate in (1e-9, 0.2))
    change = before_sigmoid(end.astype("float64")) - before_sigmoid(start.astype("float64"))
    assert np.sqrt(np.mean(change**2)) == pytest.approx(0.2, rel=1e-3)
    np.testing.assert_allclose(climbed(), climbed(gradient=lambda picture: 1e-6 * TARGET), atol=1e-6)


def test_the_seed_decides_everything():
    def gradient(picture):
        return picture**2

    np.testing.assert_array_equal(climbed(jitter=2, gradient=gradient), climbed(jitter=2, gradient=gradient))
    assert np.abs(climbed(jitter=2, seed=1, gradient=gradient) - climbed(jitter=2, gradient=gradient)).max() > 0.01


def test_jitter_shifts_the_picture_and_the_gradient_back():
    shifts, start = set(), climbed(steps=1, learning_rate=1e-9)

    def gradient(picture):
        rows, columns = np.nonzero(np.isclose(picture[..., 0], start[0, 0, 0], rtol=0, atol=1e-7))
        shifts.add((rows[0], columns[0]))
        return picture  # moves with the picture: so does the way up

    np.testing.assert_allclose(
        climbed(steps=1, jitter=2, gradient=gradient), climbed(steps=1, gradient=lambda picture: picture), atol=1e-6
    )
    climbed(steps=60, learning_rate=1e-9, jitter=2, gradient=gradient)
    allowed = {(row % 10, column % 13) for row in range(-2, 3) for column in range(-2, 3)}
    assert shifts <= allowed and len(shifts) > 15


@pytest.mark.parametrize("change", [{"blur": 0.7}, {"total_variation": 0.5}])
def test_regularizers_make_it_smoother(change):
    def gradient(picture):
        return TARGET / TARGET.size

    plain, smoothed = (climbed(steps=30, fourier=False, gradient=gradient, **c) for c in ({}, change))
    assert maximizing.total_variation(smoothed) < 0.8 * maximizing.total_variation(plain)


def test_a_dead_filter_is_told_but_not_one_that_dies_later():
    with pytest.raises(ValueError, match="Filter 3 of layer conv1 has no gradient anywhere on the starting picture"):
        climbed(gradient=np.zeros_like, total_variation=1.0)
    answers = iter([TARGET])
    assert np.isfinite(climbed(gradient=lambda picture: next(answers, np.zeros(SHAPE)))).all()


@pytest.mark.parametrize(
    ("input_shape", "size", "shape"),
    [
        ((32, 48, 3), None, (32, 48, 3)),
        ((32, 48, 3), 64, (64, 64, 3)),
        ((None, None, 1), (20, 30), (20, 30, 1)),
    ],
)
def test_the_picture_is_as_large_as_asked_for_or_as_the_model_has_it(input_shape, size, shape):
    assert maximizing.picture_shape(input_shape, size) == shape


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ascent(steps=0), "steps must be a whole number of at least 1, not 0"),
        (lambda: ascent(jitter=-1), "jitter must be a whole number of at least 0, not -1"),
        (lambda: ascent(jitter=1.5), "jitter must be a whole number"),
        (lambda: ascent(learning_rate=0), "learning_rate is 0: give a positive number"),
        (lambda: ascent(learning_rate=float("nan")), "learning_rate is nan"),
        (lambda: ascent(blur=-1), "blur is -1: give 0 for none, or a positive number."),
        (lambda: ascent(total_variation=float("inf")), "total_variation is inf"),
        (lambda: maximizing.check_filter("conv1", 8, 8), "filter is 8, but layer conv1 has 8: choose one from 0 to 7."),
        (lambda: maximizing.check_filter("conv1", -1, 8), "filter must be a whole number of at least 0, not -1"),
        (lambda: maximizing.picture_shape((None, None, 3), None), "The model takes pictures of any size"),
        (lambda: maximizing.picture_shape((8, 8, 3), 0), "size must be"),
        (lambda: maximizing.picture_shape((None, None, None), 8), "The model does not say what it takes"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(ValueError) as error:
        call()
    assert says in str(error.value)
