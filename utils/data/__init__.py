"""Data sets: the published originals where they are on disk, else twins of the same shapes that this course draws.

`load` gives the pictures of a data set, `identity` says which of the two that would be. `python -m utils.data` lists,
finds, downloads and verifies the originals; nothing else here ever goes to the network.
"""

from utils.data.load import Images, identity, load

__all__ = ["Images", "identity", "load"]
