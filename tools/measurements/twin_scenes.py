"""Whether the scenes teach segmentation: color alone must not tell things apart, a small convolutional net must."""

import numpy as np

from utils import data
from utils.data import registry, twins
from utils.provenance import ROOT

TITLE = "The scenes, every pixel classified: 1,000 scenes, 4 epochs"
METRIC = "intersection over union on test, mean over background and classes"
UNIT = "%"
SEEDS = (0, 1, 2, 3, 4)
RUNS = (("linear on color", "torch"), ("small convolutional net", "torch"))
FILES = tuple(path.relative_to(ROOT).as_posix() for path in twins.modules(registry.find("scenes")))
EPOCHS, BATCH_SIZE = 4, 25


def load():
    """(1,000 scenes for training, all for the test)."""
    return data.load_scenes(split="train", limit=1_000), data.load_scenes(split="test")


def train(wing, sets, label, seed):
    """Mean intersection over union of a model for single pixels, or of one that sees what is around them."""
    training, test = sets
    model, learning_rate = (_linear(), 0.03) if label.startswith("linear") else (_convolutional(), 0.01)
    _fit(model, training.images, training.pixel_classes(), learning_rate)
    return {label: float(overlaps(_predicted(model, test.images), test.pixel_classes(), len(test.classes) + 1).mean())}


def overlaps(predicted, true, classes):
    """Intersection over union of each class, (classes,); 0 for one that is nowhere in either."""
    counts = np.bincount(classes * true.ravel().astype(int) + predicted.ravel(), minlength=classes**2)
    counts = counts.reshape(classes, classes)
    union = counts.sum(axis=0) + counts.sum(axis=1) - np.diag(counts)
    return np.diag(counts) / np.maximum(union, 1)


def _linear():
    from torch import nn

    return nn.Conv2d(3, 6, 1)


def _convolutional():
    """Down to a quarter, two dilated convolutions, and up again: it sees about 60 pixels around each."""
    from torch import nn

    def block(inputs, outputs, stride=1, dilation=1):
        convolution = nn.Conv2d(inputs, outputs, 3, stride, dilation, dilation, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

    return nn.Sequential(
        *(block(3, 16), block(16, 24, stride=2), block(24, 48, stride=2)),
        *(block(48, 48, dilation=2), block(48, 48, dilation=4), nn.Upsample(scale_factor=2)),
        *(block(48, 32), nn.Conv2d(32, 6, 1), nn.Upsample(scale_factor=2, mode="bilinear")),
    )


def _fit(model, images, targets, learning_rate):
    """AdamW on one cycle; classes weigh by the root of their rarity, since nine pixels of ten are background."""
    import torch

    shares = np.bincount(targets.ravel(), minlength=6) / targets.size
    weight = torch.tensor(1 / np.sqrt(shares), dtype=torch.float32)
    pixels, targets = _tensor(images), torch.from_numpy(targets).long()
    optimizer = torch.optim.AdamW(model.parameters(), learning_rate)
    steps = EPOCHS * -(-len(images) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    model.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH_SIZE):
            loss = torch.nn.functional.cross_entropy(model(pixels[batch]), targets[batch], weight=weight)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def _predicted(model, images):
    import torch

    model.eval()
    with torch.no_grad():
        return np.concatenate([model(batch).argmax(1).numpy() for batch in _tensor(images).split(BATCH_SIZE)])


def _tensor(images):
    import torch

    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - 0.5
