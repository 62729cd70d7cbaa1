"""Data sets: the published originals where they are on disk, else twins of the same shapes that this course draws.

`load` gives the pictures of a data set, `load_scenes` drawn scenes with boxes and masks, `load_folder` the pictures in
a folder of one's own, which `utils.data.folders` looks through and splits; `identity` says which of the two `load`
would take; `weights_file` finds a network's published weights. `python -m utils.data` lists, finds, downloads and
verifies the originals; nothing else here ever goes to the network.
"""

from utils.data.load import Images, identity, load, load_folder
from utils.data.pretrained import weights_file
from utils.data.scenes import Scenes, load_scenes

__all__ = ["Images", "Scenes", "identity", "load", "load_folder", "load_scenes", "weights_file"]
