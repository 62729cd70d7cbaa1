"""Attribution against functions whose gradients are known."""

import warnings

import numpy as np
import pytest

from utils import attribution, explaining

RNG = np.random.default_rng(0)
IMAGES = RNG.random((3, 7, 9, 2), "float32")
CLASSES = np.array([1, 0, 1])
WEIGHTS = RNG.standard_normal((2, 7, 9, 2)).astype("float32")


def linear(images):
    return np.einsum("nhwc,khwc->nk", images, WEIGHTS)


def linear_gradients(images, classes):
    return WEIGHTS[classes]


def square(images):
    return np.einsum("nhwc,khwc->nk", images**2, WEIGHTS)


def square_gradients(images, classes):
    return 2 * images * WEIGHTS[classes]


def smooth(samples=4, noise=0.1, seed=0, images=IMAGES, gradients=square_gradients):
    return attribution.smooth_grad(images, CLASSES, gradients, samples, noise, seed)


def integrated(baseline=0, steps=50, gradients=square_gradients, logits=square):
    return attribution.integrated_gradients(IMAGES, CLASSES, gradients, logits, baseline, steps)


def occluded(window=3, stride=2, value=0.5, logits=linear):
    return attribution.occlusion(IMAGES, CLASSES, logits, window, stride, value)


def test_saliency_is_the_largest_absolute_value_over_channels():
    np.testing.assert_array_equal(attribution.saliency(np.array([[[[1, -3, 2], [0, 0, 0]]]])), [[[3, 0]]])


def test_smoothing_the_gradient_of_a_linear_function_changes_nothing():
    np.testing.assert_allclose(smooth(gradients=linear_gradients), WEIGHTS[CLASSES], rtol=1e-6)


def test_noise_has_the_deviation_asked_for_and_stays_within_the_range():
    seen = []
    images = np.full((1, 50, 60, 3), 0.5, "float32") * 2 - 0.5
    images[0, 0, 0], images[0, 0, 1] = 0, 2  # a range of 2

    def gradients(noisy, classes):
        seen.extend(noisy)
        return noisy

    attribution.smooth_grad(images, np.array([0]), gradients, 5, 0.1, 0)
    assert len(seen) == 5
    assert min(noisy.min() for noisy in seen) >= 0 and max(noisy.max() for noisy in seen) <= 2
    for noisy in seen:
        assert (noisy - images)[0, 1:].std() == pytest.approx(0.2, rel=0.05)
    assert np.abs(seen[0] - seen[1]).mean() > 0.1


def test_noise_depends_on_the_seed_and_not_on_the_company():
    np.testing.assert_array_equal(smooth(seed=3), smooth(seed=3))
    assert np.abs(smooth(seed=3) - smooth(seed=4)).max() > 1e-3
    alone = attribution.smooth_grad(IMAGES[2:], CLASSES[2:], square_gradients, 4, 0.1, 0)
    np.testing.assert_allclose(alone, smooth()[2:], rtol=1e-6)


@pytest.mark.parametrize("baseline", [0, 0.3])
@pytest.mark.parametrize("pixels", [50, 2**18])
def test_the_integral_of_a_square_is_the_square_however_it_is_cut_into_batches(monkeypatch, baseline, pixels):
    monkeypatch.setattr(explaining, "PIXELS_AT_ONCE", pixels)
    np.testing.assert_allclose(integrated(baseline), (IMAGES**2 - baseline**2) * WEIGHTS[CLASSES], atol=1e-5)


def test_the_middle_of_each_piece_is_the_middle():
    points = []

    def gradients(images, classes):
        points.extend(images[:: len(IMAGES), 0, 0, 0] / IMAGES[0, 0, 0, 0])
        return linear_gradients(images, classes)

    integrated(steps=4, gradients=gradients, logits=linear)
    np.testing.assert_allclose(points, [0.125, 0.375, 0.625, 0.875], rtol=1e-5)


def test_too_few_steps_are_told():
    def step(images):  # a logit that leaps from 0 to 1 at 0.9 of the way: no gradient sees it
        return np.repeat((images.mean(axis=(1, 2, 3)) > 0.4)[:, None], 2, axis=1).astype("float32")

    with pytest.warns(RuntimeWarning, match="of 3 of 3 images miss what the logit gained, at worst by 100%: take more"):
        integrated(steps=7, gradients=lambda images, classes: np.zeros_like(images), logits=step)


def test_enough_steps_and_an_image_that_is_its_baseline_bring_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        integrated()
        black = np.zeros_like(IMAGES)
        found = attribution.integrated_gradients(black, CLASSES, square_gradients, square, 0, 3)
    assert not found.any()


def by_hand(window, stride, value):
    """What covering costs, in loops: the logit is linear, so that each window costs what its pixels weigh."""
    maps = np.zeros(IMAGES.shape[:3])
    for image, class_, found in zip(IMAGES, CLASSES, maps):
        costs = ((image - value) * WEIGHTS[class_]).sum(axis=2)
        falls = [[[] for _ in range(9)] for _ in range(7)]
        for top in {*range(0, 7 - window, stride), 7 - window}:
            for left in {*range(0, 9 - window, stride), 9 - window}:
                for row in range(top, top + window):
                    for column in range(left, left + window):
                        falls[row][column].append(costs[top : top + window, left : left + window].sum())
        found[:] = [[np.mean(several) for several in row] for row in falls]
    return maps


@pytest.mark.parametrize(("window", "stride", "value"), [(3, 2, 0.5), (1, 1, 0), (2, 2, 1.0), (7, 7, 0.5), (4, 3, -1)])
@pytest.mark.parametrize("pixels", [200, 2**18])
def test_occlusion_is_the_mean_fall_over_all_windows_on_a_pixel(monkeypatch, window, stride, value, pixels):
    monkeypatch.setattr(explaining, "PIXELS_AT_ONCE", pixels)
    found = occluded(window, stride, value)
    assert (found.shape, found.dtype) == ((3, 7, 9), np.float32)
    np.testing.assert_allclose(found, by_hand(window, stride, value), atol=1e-5)


def test_the_pictures_stay_as_they_are():
    before = IMAGES.copy()
    smooth(), integrated(), occluded()
    np.testing.assert_array_equal(IMAGES, before)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: smooth(samples=0), "samples must be a whole number of at least 1, not 0"),
        (lambda: smooth(samples=2.5), "samples must be a whole number"),
        (lambda: smooth(noise=0), "noise is 0: give a share of the pictures' range"),
        (lambda: smooth(noise=25), "noise is 25"),
        (lambda: smooth(noise=float("nan")), "noise is nan"),
        (lambda: integrated(steps=0), "steps must be a whole number of at least 1, not 0"),
        (lambda: integrated(baseline=float("inf")), "baseline is inf: give one finite number"),
        (lambda: integrated(baseline="black"), "baseline is 'black'"),
        (lambda: integrated(baseline=IMAGES[0, 0, 0]), "baseline is array("),
        (lambda: occluded(window=8), "window is 8, but the images have 7×9 pixels: take a smaller one."),
        (lambda: occluded(window=0), "window must be a whole number of at least 1, not 0"),
        (lambda: occluded(window=2.5), "window must be a whole number"),
        (lambda: occluded(stride=0), "stride must be a whole number of at least 1, not 0"),
        (lambda: occluded(stride=4), "stride is 4, above window=3: some pixels would never be covered, lower it."),
        (lambda: occluded(value=None), "value is None: give one finite number"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(ValueError) as error:
        call()
    assert says in str(error.value)
