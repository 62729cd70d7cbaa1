"""Layers of our own."""

import keras

from utils import preprocessing


@keras.saving.register_keras_serializable("learning_to_see")
class Preprocess(keras.layers.Layer):
    """Turns RGB pictures in [0, 1] into what a published network was trained on; ValueError for another range.

    Args:
        scale, offset, bgr: as in `utils.preprocessing.Preprocessing`.
    """

    def __init__(self, scale, offset, bgr, **rest):
        super().__init__(**rest)
        self.scale, self.offset, self.bgr = scale, offset, bgr

    def call(self, images):
        if hasattr(images, "numpy") and len(images):  # a tensor in a compiled graph has no values yet
            preprocessing.check_range(float(keras.ops.min(images)), float(keras.ops.max(images)))
        images = keras.ops.flip(images, axis=-1) if self.bgr else images
        scale, offset = (keras.ops.cast(values, images.dtype) for values in (self.scale, self.offset))
        return images * scale + offset

    def get_config(self):
        return super().get_config() | {"scale": self.scale, "offset": self.offset, "bgr": self.bgr}
