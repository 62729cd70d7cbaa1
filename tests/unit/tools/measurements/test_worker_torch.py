import json
import sys
from types import SimpleNamespace

import numpy as np

from tools.measurements import worker
from utils import provenance

SEEN = []


def train(wing, sets, label, seed):
    images, labels = sets
    model = getattr(wing, label)()
    SEEN.append(float(model.conv1.weight.detach().abs().sum()))
    wing.fit(model, images, labels, seed=seed)
    return {label: wing.evaluate(model, images, labels)["accuracy"]}


def load():
    provenance.note_data("tiny", "twin", "ab")
    return np.zeros((8, 28, 28, 1), "uint8"), np.arange(8)


def test_a_worker_says_its_facts_then_each_seed(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tools.measurements.tiny_nets", SimpleNamespace(load=load, train=train))
    worker.main("tiny-nets", "lenet", "torch", "0", "1", "0")
    facts, *seeds = [json.loads(line.removeprefix("@")) for line in capsys.readouterr().out.splitlines()]
    assert {"python", "numpy", "torch"} == facts["versions"].keys()
    assert facts["data"]["tiny"] == {"source": "twin", "checksum": "ab"}
    assert [said["seed"] for said in seeds] == [0, 1, 0]
    assert all(0 <= said["values"]["lenet"] <= 1 and said["seconds"] >= 0 for said in seeds)
    assert SEEN[0] == SEEN[2] != SEEN[1]  # a seed settles the initialization as well
