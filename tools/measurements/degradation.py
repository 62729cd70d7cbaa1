"""Does a deeper network train better? One chain of blocks with and without shortcuts, at three depths, on CIFAR-10.

After He et al. 2016 ("Deep residual learning for image recognition", section 4.2), small enough for minutes: 5,000
images, 16 channels, and a first convolution that shrinks 32×32 to 8×8, where all blocks stay. A plain chain is the
residual one with its additions left out, so that both have the same parameters and the same batch norms. "Silent at the
start" is the residual chain whose last batch norm in each block begins with γ = 0, so that each block begins as a wire.
"""

from utils import data

TITLE = "Chains of blocks with and without shortcuts: 5,000 images of CIFAR-10, 4 epochs"
METRIC = "accuracy"
UNIT = "%"
SEEDS = (0, 1, 2)
DEPTHS = (2, 6, 16)
RUNS = (
    *((f"{kind}, {depth} blocks", "torch") for depth in DEPTHS for kind in ("plain", "residual")),
    ("silent at the start, 16 blocks", "torch"),
)
FILES = ("utils/torch/layers.py",)
CHANNELS = 16
RECIPE = {
    "epochs": 4,
    "batch_size": 64,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "momentum": 0.9,
    "schedule": "one-cycle",
}


def load():
    """The first 5,000 images for training, and the test set."""
    train = data.load("cifar10", split="train", source="original", limit=5000)
    return train, data.load("cifar10", split="test", source="original", limit=5000)


def train(wing, sets, label, seed):
    """Accuracy on the images it learned from, in inference mode, and on test images."""
    training, test = sets
    kind, _, depth = label.partition(", ")
    model = chain(int(depth.split()[0]), kind != "plain")
    if kind == "silent at the start":
        for name, weights in model.named_parameters():
            if name.endswith("body.4.weight"):  # of a block's second batch norm
                weights.data.zero_()
    wing.fit(model, training.images, training.labels, seed=seed, **RECIPE)
    return {
        f"{label}, {name}": wing.evaluate(model, each.images, each.labels)["accuracy"]
        for name, each in (("on its training images", training), ("on test", test))
    }


def chain(blocks, residual):
    """A convolution 3 → 16 channels, stride 4; `blocks` blocks of two 3×3 convolutions; mean over the map; logits."""
    from torch import nn

    from utils.torch.building import batch_norm, deep
    from utils.torch.layers import GlobalAveragePool2d

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(*convolution(), nn.ReLU(), *convolution())
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(self.body(x) + x if residual else self.body(x))

    def convolution():
        return nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False), batch_norm(CHANNELS)

    return deep(
        (32, 32, 3),
        conv1=nn.Conv2d(3, CHANNELS, 5, stride=4, padding=2, bias=False),
        bn1=batch_norm(CHANNELS),
        relu1=nn.ReLU(),
        **{f"block{number}": Block() for number in range(1, blocks + 1)},
        gap=GlobalAveragePool2d(),
        logits=nn.Linear(CHANNELS, 10),
    )
