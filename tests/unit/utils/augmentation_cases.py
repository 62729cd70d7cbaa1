"""What `augment` must do in either wing, as functions of it: colors against Pillow's, gray or many channels.

Each wing's test_augmentation.py runs them all.
"""

import warnings

import numpy as np
from PIL import Image, ImageEnhance

from utils import _transforms
from utils._parameters import Parameters
from utils.augmentation import Augmentation

IMAGES = np.random.default_rng(0).integers(0, (256, 150, 60), (3, 9, 12, 3), dtype=np.uint8)  # of no gray mean
PILLOW = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}


def a_factor_does_what_pillow_does(augment):
    factors = np.array([0.3, 1.0, 1.7])
    for kind, enhancer in PILLOW.items():
        found = 255 * augment(IMAGES, Parameters(3, (9, 12), colors=_transforms.blend(kind, factors)[:, :3]))
        for image, factor, ours in zip(IMAGES, factors, found):
            theirs = np.asarray(enhancer(Image.fromarray(image)).enhance(factor), float)
            assert np.abs(ours - theirs).max() < 2  # Pillow rounds the mean and the gray, and cuts what it gets


def a_picture_in_gray_colors_stays_gray_and_gives_what_one_channel_gives(augment):
    gray = IMAGES[..., :1]
    colors = Augmentation(brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5)
    parameters = colors.draw(np.random.default_rng(0), 3, (9, 12))
    three, one = augment(np.repeat(gray, 3, axis=3), parameters), augment(gray, parameters)
    assert one.shape == (3, 9, 12, 1)
    np.testing.assert_allclose(three, np.repeat(one, 3, axis=3), atol=1e-5)


def contrast_takes_the_mean_of_the_picture_as_it_was_moved(augment):
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[:, :, 2:] = 255
    to_the_left = np.array([[[1.0, 0, 2], [0, 1, 0]]])  # the white half fills the picture
    parameters = Parameters(1, (4, 4), to_the_left, colors=_transforms.blend("contrast", np.zeros(1))[:, :3])
    np.testing.assert_allclose(augment(image, parameters), 1, atol=1e-6)


def cutmix_lays_the_partners_box_and_mixup_mixes_by_the_weight(augment):
    boxes = np.array([[1, 2, 3, 6], [0, 0, 0, 0], [0, 0, 9, 12]])
    weights, partners = np.array([1 - 8 / 108, 0.25, 0]), np.array([1, 2, 0])
    found = augment(IMAGES, Parameters(3, (9, 12), partners=partners, weights=weights, boxes=boxes))
    expected = IMAGES / 255
    first = expected[0].copy()
    first[1:3, 2:6] = expected[1, 1:3, 2:6]
    np.testing.assert_allclose(found[0], first, atol=1e-6)
    np.testing.assert_allclose(found[1], 0.25 * expected[1] + 0.75 * expected[2], atol=1e-6)
    np.testing.assert_allclose(found[2], expected[0], atol=1e-6)


def pictures_of_many_channels_are_moved(augment):
    many = np.random.default_rng(0).integers(0, 256, (3, 9, 12, 7), dtype=np.uint8)
    parameters = Augmentation(flip=1).draw(np.random.default_rng(0), 3, (9, 12))
    np.testing.assert_allclose(augment(many, parameters), many[:, :, ::-1] / 255, atol=1e-4)


def white_stays_white_and_no_sum_rounds_above_it(augment):
    white = np.full((8, 150, 150, 3), 255, np.uint8)
    for settings in ({"rotation": 90}, {"rotation": 90, "contrast": 0.5, "hue": 0.5}, {"shear": 50, "mixup": 1}):
        found = augment(white, Augmentation(**settings).draw(np.random.default_rng(0), 8, (150, 150)))
        assert found.max() <= 1
        np.testing.assert_allclose(found, 1, atol=1e-5)


def mirrored_and_read_only_pictures_are_taken_without_a_warning(augment):
    images = (IMAGES / 255).astype("float32")
    images.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for view in (images, images[:, :, ::-1]):
            np.testing.assert_array_equal(augment(view, Parameters(3, (9, 12))), view)


def a_fill_may_be_off_the_scale_of_float_images_and_is_cut_to_that_of_others(augment):
    parameters = Augmentation(shift=0.5, fill="constant", fill_value=2).draw(np.random.default_rng(0), 3, (9, 12))
    assert augment(IMAGES, parameters).max() == 1
    assert augment((IMAGES / 255).astype("float32"), parameters).max() == 2


CASES = [
    a_factor_does_what_pillow_does,
    a_picture_in_gray_colors_stays_gray_and_gives_what_one_channel_gives,
    contrast_takes_the_mean_of_the_picture_as_it_was_moved,
    cutmix_lays_the_partners_box_and_mixup_mixes_by_the_weight,
    pictures_of_many_channels_are_moved,
    white_stays_white_and_no_sum_rounds_above_it,
    mirrored_and_read_only_pictures_are_taken_without_a_warning,
    a_fill_may_be_off_the_scale_of_float_images_and_is_cut_to_that_of_others,
]
