import numpy as np
import pytest

from utils import guards

IMAGES = np.zeros((4, 8, 8, 1), "uint8")
LABELS = np.array([0, 1, 2, 1])
LOGITS = np.array([[0.3, -2.0, 1.0]], "float32")


def test_good_inputs_pass():
    guards.check_images(IMAGES)
    guards.check_images(IMAGES.astype("float32"))
    for dtype in ("uint8", "int32", "int64"):
        guards.check_labels(LABELS.astype(dtype), 4)
    guards.check_outputs(LOGITS, LABELS)
    guards.check_outputs(LOGITS, None)
    guards.check_architecture((8, 8, 3), 2)


@pytest.mark.parametrize(
    ("images", "says"),
    [
        ([[0]], "a list"),
        (IMAGES[0], r"of shape \(8, 8, 1\)"),
        (IMAGES[:0], "There are no images"),
        (IMAGES.astype("float64"), "float64"),
        (IMAGES.astype("int64"), "int64"),
        (IMAGES > 0, "bool"),
        (np.where(np.arange(4)[:, None, None, None] == 2, np.nan, IMAGES).astype("float32"), "1 of 4 images hold NaN"),
        (np.full((2, 8, 8, 1), np.inf, "float32"), "2 of 2 images hold NaN or infinity"),
    ],
)
def test_wrong_images_are_refused(images, says):
    with pytest.raises(ValueError, match=says):
        guards.check_images(images)


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0, 1, 2, 1], "a list"),
        (np.eye(3)[LABELS], "one-hot"),
        (LABELS.astype("float32"), "float32"),
        (LABELS > 0, "bool"),
        (LABELS[:3], "4 images but 3 labels"),
    ],
)
def test_wrong_labels_are_refused(labels, says):
    with pytest.raises(ValueError, match=says):
        guards.check_labels(labels, 4)


@pytest.mark.parametrize(
    ("outputs", "labels", "says"),
    [
        (LOGITS, np.array([3]), "Label 3 is not one of the model's 3 classes, 0 to 2"),
        (LOGITS, np.array([0, -1]), "Label -1"),
        (np.array([[0.2, 0.5, 0.3]], "float32"), LABELS, "leave out its final softmax"),
        (np.zeros((1, 4, 4, 3), "float32"), LABELS, "flatten before its last layer"),
    ],
)
def test_a_model_that_does_not_suit_is_refused(outputs, labels, says):
    with pytest.raises(ValueError, match=says):
        guards.check_outputs(outputs, labels)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 0), (28.0, 28, 1), (28, 28, True), "28x28", 28])
def test_an_impossible_input_shape_is_refused(shape):
    with pytest.raises(ValueError, match="give \\(height, width, channels\\)"):
        guards.check_architecture(shape, 10)


@pytest.mark.parametrize("classes", [1, 0, 2.5, None])
def test_fewer_than_two_classes_are_refused(classes):
    with pytest.raises(ValueError, match="needs at least 2"):
        guards.check_architecture((28, 28, 1), classes)


@pytest.mark.parametrize("batch_size", [True, 0, 2.0])
def test_a_batch_size_is_a_whole_number(batch_size):
    with pytest.raises(ValueError, match=r"batch_size is .*: give a whole number of images"):
        guards.check_batch_size(batch_size)


def test_a_folder_that_can_not_be_written_to_is_refused(tmp_path, monkeypatch):
    guards.check_file("checkpoint", tmp_path / "run")
    guards.check_file("checkpoint", str(tmp_path / "run"))
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    with pytest.raises(ValueError, match="can not be written to: name another for run"):
        guards.check_file("checkpoint", tmp_path / "run")


@pytest.mark.parametrize("shape", [(1, 2), (1, 3, 1, 1), (2,), ()])
def test_only_a_single_logit_is_one(shape):
    guards.check_classes(shape)
    with pytest.raises(ValueError, match="two for yes and no"):
        guards.check_classes((1, 1))
