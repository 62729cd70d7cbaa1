"""What `python -m tools results` can measure: one module a measurement, found by its file name.

Each module says TITLE, METRIC, UNIT, SEEDS and RUNS, pairs (label, framework) in the order they are measured, and has

- `load()`: the data, once a process;
- `train(wing, data, label, seed)`: one run of the recipe `label` in `utils.keras` or `utils.torch`; returns
  {row label: value}, of which most have one entry.

THREADS, where it is more than 1, is how many the worker may use.
FILES names further files that the numbers depend on, beside the module and the wings: the twin's, for example.
"""
