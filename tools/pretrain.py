"""Trains the embedded weights, those of `STUDENTS`, by distillation (Hinton et al. 2015) from ImageNet features.

The teacher is MobileNetV2 (0.35) with its published weights. No label is used: for real pictures, changed at random,
the student learns to give what a linear layer can turn into the teacher's pooled features. All pictures are training
images: the 2,000 photos of cats and dogs, and CIFAR-10's.

What takes long is kept in `_build/pretrain`, under a hash of the settings and the code it comes of: the teacher's
features and, until the weights are written, a checkpoint after each epoch. The same command goes on where it was
interrupted.
"""

import datetime
import hashlib
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from tools import model_cards
from tools.errors import BuildError
from tools.paths import BUILD, ROOT
from tools.results import code_hash
from utils import data, results, runtime, writing
from utils.augmentation import Augmentation
from utils.data import files, registry
from utils.schedules import one_cycle
from utils.torch import (
    cached_features,
    count_parameters,
    linear_probe,
    load_pretrained,
    mobilenet_v2,
    save_weights,
    small_resnet,
    vgg16_small,
)
from utils.torch.augmentation import changed
from utils.torch.devices import best_device, gains_from_bfloat16

KEPT = BUILD / "pretrain"
WEIGHTS = ROOT / "utils" / "pretrained"
PHOTOS = Augmentation(
    flip=0.5, rotation=10, shift=0.12, zoom=0.3, brightness=0.2, contrast=0.2, saturation=0.2, fill="reflect"
)
SMALL = Augmentation(flip=0.5, shift=0.1, zoom=0.15, brightness=0.1, contrast=0.1, fill="reflect")
# name: how to change pictures, how often, what the teacher sees, what the student sees (pixels a side)
SOURCES = {"cats_vs_dogs": (PHOTOS, 16, 160, 96), "cifar10": (SMALL, 1, 128, 64)}


def _small_resnet() -> torch.nn.Sequential:
    """Its layers below global average pooling and logits, under their names."""
    layers = small_resnet((96, 96, 3)).named_children()
    return torch.nn.Sequential(OrderedDict((name, layer) for name, layer in layers if name not in ("gap", "logits")))


# name: what builds the network, down to its last feature map, and the number of channels of that
STUDENTS = {
    "vgg16_small": (lambda: vgg16_small((96, 96, 3)), 128),
    "small_resnet": (_small_resnet, 160),
}
BATCH, LEARNING_RATE, WEIGHT_DECAY, AVERAGE, SEED = 64, 0.002, 0.02, 0.998, 0
# Whose code the teacher's features and the training come of.
CODE = (
    "tools/pretrain.py",
    *(f"utils/{name}.py" for name in ("_parameters", "_transforms", "augmentation", "defaults", "schedules")),
    *(f"utils/torch/{name}.py" for name in ("augmentation", "building", "layers", "mobile", "photo_convnets")),
    *(f"utils/torch/{name}.py" for name in ("resnets", "vgg")),
)


def run(names: list[str] | None = None, epochs: int = 12) -> None:
    """Train these of `STUDENTS`, or all, and write their weights and model cards.

    Raises:
        BuildError: there is no such network to train, or the published data or weights are not on disk.
    """
    for name in names or STUDENTS:
        if name not in STUDENTS:
            raise BuildError(f"There are no embedded weights of {name!r}; choose among {', '.join(STUDENTS)}.")
    try:
        sets = {name: _pictures(name) for name in SOURCES}
        teacher = mobilenet_v2()
        load_pretrained(teacher)
    except FileNotFoundError as error:
        raise BuildError(f"Pre-training wants originals. {error}") from error
    _kept().mkdir(parents=True, exist_ok=True)
    lessons = [lesson for name, images in sets.items() for lesson in _lessons(name, images, teacher)]
    WEIGHTS.mkdir(exist_ok=True)
    for name in names or STUDENTS:
        student = _distilled(name, lessons, epochs)
        path = WEIGHTS / f"{name}.safetensors"
        save_weights(student, path)
        results.write_atomically(path.with_suffix(".md"), _card(name, student, lessons, epochs))
        _checkpoint(name, epochs).unlink()  # the next run trains again
        print(f"wrote {path.relative_to(ROOT)} and its model card")


def _kept() -> Path:
    """The folder of what is kept for these settings and this code."""
    settings = (SOURCES, BATCH, LEARNING_RATE, WEIGHT_DECAY, AVERAGE, SEED)
    made_of = repr((settings, [code_hash(ROOT / file) for file in CODE]))
    return KEPT / hashlib.sha256(made_of.encode()).hexdigest()[:16]


def _checkpoint(name: str, epochs: int) -> Path:
    return _kept() / f"{name}-{epochs}-epochs.pt"


def _pictures(name: str) -> np.ndarray:
    side = SOURCES[name][2]
    size = (side, side) if registry.find(name).shape[0] is None else None
    return data.load(name, split="train", source="original", size=size).images


def _lessons(name: str, images: np.ndarray, teacher: torch.nn.Module) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rounds of (pictures as the student sees them, uint8; the teacher's features of them, float16)."""
    augment, rounds, seen, shown = SOURCES[name]
    return [_lesson(name, number, images, teacher, augment, seen, shown) for number in range(rounds)]


def _lesson(name, number, images, teacher, augment, seen, shown):
    path = _kept() / f"{name}-{number}.npz"
    if not path.is_file():
        rng, parts = np.random.default_rng([SEED, number]), []
        for start in tqdm(range(0, len(images), 100), f"{name}, round {number + 1}", leave=False):
            few = images[start : start + 100]
            pictures = changed(few, augment.draw(rng, len(few), few.shape[1:3]))
            parts.append((_bytes(_resized(pictures, shown)), _features(teacher, _resized(pictures, seen))))
        pictures, features = map(np.concatenate, zip(*parts))
        with writing.whole(path) as part, part.open("wb") as stream:
            np.savez(stream, pictures=pictures, features=features)
    with np.load(path) as kept:
        return kept["pictures"], kept["features"]


def _resized(pictures: torch.Tensor, side: int) -> torch.Tensor:
    if pictures.shape[2] == side:
        return pictures
    return F.interpolate(pictures, (side, side), mode="bilinear", antialias=True, align_corners=False).clamp_(0, 1)


def _bytes(pictures: torch.Tensor) -> np.ndarray:
    return (255 * pictures).round().byte().permute(0, 2, 3, 1).contiguous().numpy()


@torch.no_grad()
def _features(teacher: torch.nn.Module, pictures: torch.Tensor) -> np.ndarray:
    with _precision(torch.device("cpu")):
        return teacher.eval()(pictures).float().mean(dim=(2, 3)).half().numpy()


def _precision(device: torch.device) -> torch.autocast:
    return torch.autocast(device.type, torch.bfloat16, enabled=gains_from_bfloat16(device))


class Student(torch.nn.Module):
    """The network, and for each source of pictures a linear layer from its pooled features to the teacher's."""

    def __init__(self, name, sizes):
        super().__init__()
        build, channels = STUDENTS[name]
        self.body = build()
        self.heads = torch.nn.ModuleDict({str(size): torch.nn.Linear(channels, 1280) for size in sizes})

    def forward(self, pictures):
        return self.heads[str(pictures.shape[2])](self.body(pictures).float().mean(dim=(2, 3)))


def _distilled(name: str, lessons: list[tuple[np.ndarray, np.ndarray]], epochs: int) -> torch.nn.Module:
    runtime.seed_everything(SEED)
    device = best_device()
    sizes = sorted({pictures.shape[1] for pictures, _ in lessons})
    scales = {size: _scale([features for pictures, features in lessons if pictures.shape[1] == size]) for size in sizes}
    student = Student(name, sizes).to(device, memory_format=torch.channels_last)
    average = AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
    optimizer = torch.optim.AdamW(student.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    checkpoint = _checkpoint(name, epochs)
    first = _resume(checkpoint, student, average, optimizer)
    plan = [(number, start) for number, (pictures, _) in enumerate(lessons) for start in range(0, len(pictures), BATCH)]
    for epoch in range(first, epochs):
        rng = np.random.default_rng([SEED, epoch])
        orders = [rng.permutation(len(pictures)) for pictures, _ in lessons]
        losses = []
        said = f"{name}, epoch {epoch + 1}/{epochs}"
        for step, which in enumerate(tqdm(rng.permutation(len(plan)), said, leave=False)):
            number, start = plan[which]
            pictures, features = (each[orders[number][start : start + BATCH]] for each in lessons[number])
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * one_cycle(epoch * len(plan) + step, epochs * len(plan))
            losses.append(_learn(student, optimizer, pictures, features, scales[pictures.shape[1]], device, rng))
            average.update_parameters(student)
        _save(checkpoint, student, average, optimizer, epoch + 1)
        print(f"{said}: loss {np.mean(losses):.4f}, probe {_probe(average.module.body):.4f}", flush=True)
    return average.module.body


def _scale(features: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    every = np.concatenate(features).astype(np.float32)
    return torch.from_numpy(every.mean(axis=0)), torch.from_numpy(every.std(axis=0) + 1e-3)


def _learn(student, optimizer, pictures, features, scale, device, rng) -> float:
    """One step towards the teacher's features, each scaled to unit variance."""
    mirrored = rng.random(len(pictures)) < 0.5
    pictures = np.where(mirrored[:, None, None, None], pictures[:, :, ::-1], pictures)
    shown = torch.from_numpy(pictures).permute(0, 3, 1, 2).to(device).float().div_(255)
    wanted = ((torch.from_numpy(features).float() - scale[0]) / scale[1]).to(device)
    with _precision(device):
        loss = F.mse_loss(student(shown), wanted)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def _save(path: Path, student, average, optimizer, epoch: int) -> None:
    kept = {"student": student, "average": average, "optimizer": optimizer}
    with writing.whole(path) as part:
        torch.save({"epoch": epoch} | {name: each.state_dict() for name, each in kept.items()}, part)


def _resume(path: Path, student, average, optimizer) -> int:
    if not path.is_file():
        return 0
    state = torch.load(path, weights_only=True)
    for name, each in {"student": student, "average": average, "optimizer": optimizer}.items():
        each.load_state_dict(state[name])
    return state["epoch"]


def _probe(model: torch.nn.Module) -> float:
    """Accuracy on the validation photos of a linear classifier trained on the 2,000 training photos."""
    sets = [data.load("cats_vs_dogs", split=name, source="original", size=(96, 96)) for name in ("train", "validation")]
    train, validation = ((cached_features(model, each.images), each.labels) for each in sets)
    return linear_probe(*train, validation).score(*validation)


def _card(name: str, student: torch.nn.Module, lessons: list[tuple[np.ndarray, np.ndarray]], epochs: int) -> str:
    sizes = [pictures.shape[:2] for pictures, _ in lessons]
    runtime.seed_everything(SEED)
    build, channels = STUDENTS[name]
    return model_cards.CARD.format(
        name=name,
        network=model_cards.NETWORKS[name],
        measured=model_cards.MEASURED[name],
        channels=channels,
        parameters=count_parameters(student),
        photos=sum(count for count, side in sizes if side == 96),
        images=sum(count for count, side in sizes if side == 64),
        epochs=epochs,
        batch=BATCH,
        decay=WEIGHT_DECAY,
        rate=LEARNING_RATE,
        average=AVERAGE,
        seed=SEED,
        probe=_probe(student),
        random=_probe(build()),
        date=datetime.date.today().isoformat(),
        versions=", ".join(f"{name} {version}" for name, version in runtime.versions().items()),
        machine=runtime.machine(),
        checksum=files.sha256(WEIGHTS / f"{name}.safetensors"),
    )


if __name__ == "__main__":
    run()
