"""One framework's share of a measurement, in a process of its own: a line of JSON at the start, then one a seed."""

import importlib
import json
import sys
import time

from utils import provenance, runtime


def main(name, label, framework, *seeds):
    """Run recipe `label` of measurement `name` for these seeds and print what came out."""
    measurement = importlib.import_module(f"tools.measurements.{name.replace('-', '_')}")
    wing = importlib.import_module(f"utils.{framework}")
    sets = measurement.load()
    _say({"versions": runtime.versions(), "data": provenance.report()["data"]})
    for seed in map(int, seeds):
        runtime.seed_everything(seed)
        start = time.perf_counter()
        values = measurement.train(wing, sets, label, seed)
        _say({"seed": seed, "values": values, "seconds": round(time.perf_counter() - start, 1)})


def _say(facts):
    print("@" + json.dumps(facts), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except FileNotFoundError as error:
        if error.errno is not None:  # not our own word that data or weights are missing
            raise
        sys.exit(str(error))
