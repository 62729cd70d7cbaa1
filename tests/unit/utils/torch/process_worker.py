"""Trains a network and writes its weights, in one process or, by torch.distributed.run, in several: WEIGHTS HISTORY."""

import json
import os
import sys
from pathlib import Path

from tests.unit.utils import fit_cases
from utils import torch as wing

if __name__ == "__main__":
    model = fit_cases.plain(wing)
    settings = {"epochs": 3, "batch_size": 16, "optimizer": "adamw", "learning_rate": 0.01, "average": 0.5}
    # 60 images: the last batch holds 12, and with 59 one process had one image more than the other
    images, labels = fit_cases.IMAGES[:59], fit_cases.LABELS[:59]
    checkpoint = Path(sys.argv[1]).with_suffix(".run")
    history = wing.fit(model, images, labels, checkpoint=checkpoint, **settings)
    if os.environ.get("RANK", "0") == "0":
        wing.save_weights(model, sys.argv[1])
        Path(sys.argv[2]).write_text(json.dumps(history))
