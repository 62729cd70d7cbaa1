"""Augmentation of whole batches in PyTorch, from parameters drawn by `utils.augmentation`."""

import numpy as np
import torch
from torch.nn import functional as F

from utils import _transforms, guards, inputs
from utils._parameters import check_parameters

LUMA = torch.tensor(_transforms.YIQ[:1], dtype=torch.float32)
PADDINGS = {"nearest": "border", "constant": "zeros", "reflect": "reflection"}
IN_CACHE = (
    2**17
)  # pixels: so few pictures at once that what is computed of them stays there is twice as fast as a batch


def augment(images, parameters):
    """Images as these parameters change them.

    Args:
        images: uint8 (scaled to [0, 1] here) or float32, (N, height, width, channels). They stay as they are.
        parameters: drawn for them by `utils.augmentation.Augmentation.draw`.

    Returns:
        float32 (N, height, width, channels).

    Raises:
        ValueError: the images are empty, of wrong shape or type, not finite, or the parameters are none, or for others.
    """
    guards.check_images(images)
    check_parameters(parameters, images)
    return changed(images, parameters).permute(0, 2, 3, 1).numpy()


@torch.no_grad()
def changed(images, parameters):
    """The same, unchecked: a float32 tensor (N, channels, height, width), whose memory is channels last."""
    count, height, width, channels = images.shape
    result = torch.empty((count, channels, height, width), memory_format=torch.channels_last)
    step = max(1, IN_CACHE // (height * width))
    for start in range(0, count, step):
        few = slice(start, start + step)
        pictures = _moved_and_colored(to_tensor(images[few]), parameters, few)
        result[few] = pictures.clamp_(0, 1) if images.dtype == np.uint8 else pictures  # between whites, sums round up
    if parameters.partners is None:
        return result
    own = torch.from_numpy(parameters.shares()).unsqueeze(1)
    return torch.lerp(result[torch.from_numpy(parameters.partners)], result, own)


def to_tensor(images):
    """NumPy images (N, height, width, channels) as a float32 tensor (N, channels, height, width)."""
    own = np.require(inputs.to_float(images), requirements=["C", "W"])  # PyTorch takes no mirrored or read-only arrays
    return torch.from_numpy(own).permute(0, 3, 1, 2)


def _moved_and_colored(pictures, parameters, few):
    if parameters.matrices is not None:
        pictures = _moved(pictures, parameters.matrices[few], parameters)
    if parameters.colors is not None:
        pictures = _colored(pictures, torch.from_numpy(parameters.colors[few]).float())
    return pictures


def _moved(pictures, matrices, parameters):
    """grid_sample itself fills with nothing but zeros, so that any other value has to be made zero."""
    beyond = parameters.fill_value if parameters.fill == "constant" else 0
    pictures = pictures - beyond if beyond else pictures
    grid = _grid(matrices, pictures.shape[2:])
    moved = F.grid_sample(pictures, grid, padding_mode=PADDINGS[parameters.fill], align_corners=False)
    return moved + beyond if beyond else moved


def _grid(matrices, size):
    """Where each new pixel comes from, as grid_sample counts it: -1 and 1 are the picture's borders.

    `F.affine_grid` multiplies a matrix for each pixel; here rows and columns are multiplied, and then added.
    """
    sides = np.array(size[::-1])
    matrices = (2 * matrices + [0, 0, 1]) / sides[:, None] - [0, 0, 1]
    columns = matrices[:, None, :, 0] * np.arange(size[1])[:, None]
    rows = matrices[:, None, :, 1] * np.arange(size[0])[:, None] + matrices[:, None, :, 2]
    return torch.from_numpy(rows[:, :, None].astype("float32")) + torch.from_numpy(columns[:, None].astype("float32"))


def _colored(pictures, colors):
    """Gray is three equal channels on which only sums count."""
    channels = pictures.shape[1]
    pixels = pictures.reshape(len(pictures), channels, -1)
    luma = LUMA if channels == 3 else torch.ones(1, 1)
    mean = luma @ pixels.mean(dim=2, keepdim=True)
    matrices = colors[:, :channels, :3] if channels == 3 else colors[:, :1, :3].sum(dim=2, keepdim=True)
    return torch.baddbmm(colors[:, :channels, 3:] * mean, matrices, pixels).clamp_(0, 1).reshape(pictures.shape)
