"""Where the published weights of networks are on this machine."""

from pathlib import Path

from utils import provenance
from utils.data import files, originals, registry
from utils.data.publications import Weights


def weights_file(name: str) -> Path:
    """The file of a network's published weights, where it is on disk. Nothing is ever downloaded by this.

    Args:
        name: "vgg16", "resnet18", "mobilenet_v2" or "squeezenet".

    Returns:
        The published file, after comparing its size and checksum; or a conversion of it, which has no published ones.

    Raises:
        FileNotFoundError: it is not on disk; the command that gets it is said.
        ValueError: there are no weights of this name, or the file is not the one that was published.
    """
    if name not in registry.WEIGHTS:
        raise ValueError(f"There are no published weights {name!r}: choose from {', '.join(registry.WEIGHTS)}.")
    weights = registry.WEIGHTS[name]
    provenance.note_data(name, *identity(weights))
    found = originals.find(weights)
    if found is not None and found.form == "converted":
        return found.path
    return files.verified(weights, weights.files[0])


def identity(weights: Weights) -> tuple[str, str]:
    """What `weights_file` would find now: "original" and a checksum, or "missing" and "".

    A page that asked in vain is out of date once the file is there.
    """
    found = originals.find(weights)
    return ("missing", "") if found is None else ("original", found.checksum)
