"""The twins: procedural, seeded stand-ins for data sets that may not be shipped, one module a data set.

Such a module has one function that `utils.data.twins` calls, `generate(split, progress=iter)`: it returns the arrays of
a split by name, "images" (uint8, NHWC) and "labels" (int64, (N,)) at least, and wraps its longest loop in `progress`,
so that the caller can show how far it is. The hash of the module's source is the twin's checksum: what decides the
pixels stands in that one file.
"""
