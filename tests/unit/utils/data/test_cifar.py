"""CIFAR-10's archive in miniature, byte for byte as Python 2 wrote it; and pickles made to harm, none of which runs."""

import dataclasses
import hashlib
import io
import itertools
import pickle
import struct
import sys
import tarfile
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.data import cifar, registry

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SPLITS = {"train": 1504, "validation": 16, "test": 7}  # five batches of 304: each list is longer than one byte counts
DATASET = dataclasses.replace(
    registry.DATASETS["mnist"], name="cifar10", classes=CLASSES, shape=(32, 32, 3), splits=SPLITS, files=()
)
FOLDER = "cifar-10-batches-py/"
examples = settings(max_examples=150)


class Python2:
    """Writes as cPickle of Python 2 did with protocol 2: every object but small numbers is remembered, from 1 on."""

    def __init__(self):
        self.number = itertools.count(1)

    def put(self):
        number = next(self.number)
        return b"q" + bytes([number]) if number < 256 else b"r" + struct.pack("<I", number)

    def text(self, text):
        return b"U" + bytes([len(text)]) + text.encode() + self.put()

    def number_(self, value):
        return b"K" + bytes([value]) if value < 256 else b"M" + struct.pack("<H", value)

    def list_(self, items, write):
        written = [b"]" + self.put()]
        for start in range(0, len(items), 1000):
            written += [b"(", *(write(item) for item in items[start : start + 1000]), b"e"]
        return b"".join(written)

    def array(self, rows):
        return b"".join(
            [
                *(b"cnumpy.core.multiarray\n_reconstruct\n", self.put(), b"cnumpy\nndarray\n", self.put()),
                *(b"K\0\x85U\1b\x87R", self.put(), b"(K\1", *map(self.number_, rows.shape), b"\x86"),
                *(b"cnumpy\ndtype\n", self.put(), b"U\2u1K\0K\1\x87R", self.put()),
                *(b"(K\3U\1|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89", b"T", struct.pack("<I", rows.size)),
                *(rows.tobytes(), b"tb"),
            ]
        )

    def batch(self, label, rows, labels):
        files = [f"picture_s_{number:06d}.png" for number in range(len(rows))]
        return b"".join(
            [
                *(b"\x80\2}", self.put(), b"(", self.text("batch_label"), self.text(label)),
                *(self.text("labels"), self.list_(labels, self.number_), self.text("data"), self.array(rows)),
                *(self.text("filenames"), self.list_(files, self.text), b"u."),
            ]
        )

    def meta(self, classes):
        return b"".join(
            [
                *(b"\x80\2}", self.put(), b"(", self.text("num_cases_per_batch"), self.number_(10_000)),
                *(self.text("label_names"), self.list_(classes, self.text)),
                *(self.text("num_vis"), self.number_(3072), b"u."),
            ]
        )


def drawn(count, seed):
    """Pictures, and labels as a list."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 32, 32, 3), np.uint8), rng.integers(0, 10, count).tolist()


def rows_of(images):
    return images.transpose(0, 3, 1, 2).reshape(len(images), 3072)


def archive_members():
    """Names and contents, in the order that the published archive is said to have."""
    members = {"batches.meta": Python2().meta(CLASSES), "readme.html": b"<meta>"}
    for name in ("data_batch_4", "test_batch", "data_batch_3", "data_batch_2", "data_batch_5", "data_batch_1"):
        images, labels = PICTURES[name]
        members[name] = Python2().batch("training batch 1 of 5", rows_of(images), labels)
    return members


PICTURES = {f"data_batch_{number}": drawn(304, number) for number in range(1, 6)} | {"test_batch": drawn(7, 6)}
MEMBERS = archive_members()
BATCH = MEMBERS["test_batch"]


@pytest.fixture
def path_of(tmp_path):
    """A function that writes an archive, the whole or what the test split needs, and gives what `split` asks for.

    Members are changed by name; None leaves one out.
    """

    def write(whole=False, **changed):
        path = tmp_path / "cifar-10-python.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            folder = tarfile.TarInfo(FOLDER)
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            members = MEMBERS if whole else {name: MEMBERS[name] for name in ("batches.meta", "test_batch")}
            for name, content in (members | changed).items():
                if content is not None:
                    member = tarfile.TarInfo(FOLDER + name)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
        return {"cifar-10-python.tar.gz": path}.__getitem__

    return write


# Reading


def test_this_writer_writes_what_was_published():
    meta = Python2().meta(CLASSES)
    assert len(meta) == 158
    assert hashlib.md5(meta).hexdigest() == "5ff9c542aee3614f3951f8cda6e48888"  # torchvision's for batches.meta


def test_the_splits_are_read(path_of):
    paths = path_of(whole=True)
    training = [PICTURES[f"data_batch_{number}"] for number in range(1, 6)]
    images = np.concatenate([images for images, _ in training])
    labels = np.concatenate([labels for _, labels in training])
    for name, chosen in (("train", slice(1504)), ("validation", slice(1504, 1520))):
        arrays = cifar.split(DATASET, name, paths)
        np.testing.assert_array_equal(arrays["images"], images[chosen])
        np.testing.assert_array_equal(arrays["labels"], labels[chosen])
    arrays = cifar.split(DATASET, "test", paths)
    np.testing.assert_array_equal(arrays["images"], PICTURES["test_batch"][0])
    assert arrays["labels"].tolist() == PICTURES["test_batch"][1]
    assert (arrays["images"].dtype, arrays["labels"].dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize("validation", [1, 303, 304, 305, 608, 1519])
def test_a_validation_split_of_any_length_is_the_end(path_of, validation):
    dataset = dataclasses.replace(DATASET, splits={"train": 1520 - validation, "validation": validation, "test": 7})
    paths = path_of(whole=True)
    labels = [cifar.split(dataset, name, paths)["labels"] for name in ("train", "validation")]
    assert [len(part) for part in labels] == [1520 - validation, validation]
    whole = [label for number in range(1, 6) for label in PICTURES[f"data_batch_{number}"][1]]
    assert np.concatenate(labels).tolist() == whole


def test_what_pythons_own_pickle_reads_is_read():
    expected = pickle.loads(BATCH, encoding="latin1")  # made above
    found = cifar.unpickle(BATCH)
    assert list(found) == list(expected) == ["batch_label", "labels", "data", "filenames"]
    assert all(found[key] == expected[key] for key in ("batch_label", "labels", "filenames"))
    planes = expected["data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)  # the way of torchvision and Keras
    np.testing.assert_array_equal(cifar._images(found, 7, (32, 32, 3)), planes)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("key", [str, str.encode], ids=["texts", "bytes"])
def test_what_python_3_writes_with_protocol_2_is_read(path_of, order, key):
    images, labels = PICTURES["test_batch"]
    batch = {key("labels"): labels, key("data"): np.asarray(rows_of(images), order=order), key("filenames"): [b"\xff"]}
    arrays = cifar.split(DATASET, "test", path_of(test_batch=pickle.dumps(batch, protocol=2)))
    np.testing.assert_array_equal(arrays["images"], images)
    assert arrays["labels"].tolist() == labels


def test_both_names_of_numpys_module_are_known():
    old, new = b"cnumpy.core.multiarray\n", b"cnumpy._core.multiarray\n"
    assert old in BATCH
    assert cifar.unpickle(BATCH.replace(old, new))["data"].text == cifar.unpickle(BATCH)["data"].text


# Wrong batches

IMAGES, LABELS = PICTURES["test_batch"]
ROWS = rows_of(IMAGES)
PIXELS = struct.pack("<I", ROWS.size) + ROWS.tobytes()  # as the text that they are in BATCH
SHAPE = r"its data are not a byte array of shape \(7, 3072\)"
OTHER = "something other than an array of bytes"
COUNT, RANGE = "its labels are not a list of 7", "its labels are not all whole numbers from 0 to 9"


def changed(**parts):
    """The test batch as Python 3 writes it, with other parts."""
    return pickle.dumps({"labels": LABELS, "data": ROWS} | parts, protocol=2)


WRONG = {
    "a row short": (changed(data=ROWS[:6]), SHAPE),
    "a row long": (changed(data=np.concatenate([ROWS, ROWS[:1]])), SHAPE),
    "flat": (changed(data=ROWS.ravel()), SHAPE),
    "rows for columns": (changed(data=np.ascontiguousarray(ROWS.T)), SHAPE),
    "pictures": (changed(data=IMAGES), SHAPE),
    "not an array": (changed(data="text"), SHAPE),
    "no data": (pickle.dumps({"labels": LABELS}, 2), SHAPE),
    "signed": (changed(data=ROWS.astype(np.int8)), OTHER),
    "floats": (changed(data=ROWS.astype(np.float32)), OTHER),
    "objects": (changed(data=np.array([LABELS], object)), OTHER),
    "structured": (changed(data=np.zeros(7, [("a", "u1")])), OTHER),
    "another shape said": (BATCH.replace(b"K\7M\0\x0c\x86", b"K\7M\1\x0c\x86"), SHAPE),
    "never filled in": (BATCH.replace(b"tbU", b"t0U"), "asks for POP"),
    "too few bytes": (BATCH.replace(PIXELS, b"\3\0\0\0abc"), "its data are 3 bytes, where shape .* needs 21,504"),
    "wide letters": (BATCH.replace(b"T" + PIXELS, b"X\3\0\0\0\xe2\x82\xac"), "codec can't encode"),
    "a label short": (changed(labels=LABELS[:6]), COUNT),
    "a label long": (changed(labels=[*LABELS, 1]), COUNT),
    "no labels": (pickle.dumps({"data": ROWS}, 2), COUNT),
    "labels in a tuple": (changed(labels=tuple(LABELS)), COUNT),
    "label 10": (changed(labels=[*LABELS[:6], 10]), RANGE),
    "label -1": (changed(labels=[*LABELS[:6], -1]), RANGE),
    "label True": (changed(labels=[*LABELS[:6], True]), RANGE),
    "label None": (changed(labels=[*LABELS[:6], None]), RANGE),
    "label in a list": (changed(labels=[*LABELS[:6], [1]]), RANGE),
    "no dictionary": (pickle.dumps([1], 2), "it does not hold one dictionary"),
    "empty": (b"", "it ends too early"),
    "HTML": (b"<!doctype html>", "asks for b'<', which no picture needs"),
    "cut short": (BATCH[:-10], "it ends too early|remain"),
    "another protocol": (pickle.dumps({"labels": LABELS}, 4), "asks for FRAME, which no picture needs"),
    "the first protocol": (pickle.dumps({"labels": LABELS}, 0), "asks for DICT, which no picture needs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_batch_is_refused_by_name(path_of, case):
    content, said = WRONG[case]
    assert content != BATCH
    sentence = (
        rf"^cifar-10-batches-py/test_batch in .*tar\.gz is not what was published \(.*{said}.*\): get it again with"
    )
    with pytest.raises(ValueError, match=sentence):
        cifar.split(DATASET, "test", path_of(test_batch=content))


@pytest.mark.parametrize("classes", [CLASSES[::-1], CLASSES[:9], (*CLASSES, "tram")], ids=["turned", "9", "11"])
def test_other_classes_are_refused(path_of, classes):
    with pytest.raises(ValueError, match=r"batches\.meta in .* \(its label_names are not airplane, .*, truck\)"):
        cifar.split(DATASET, "test", path_of(**{"batches.meta": Python2().meta(classes)}))


@pytest.mark.parametrize("missing", ["test_batch", "batches.meta"])
def test_a_missing_member_is_named(path_of, missing):
    with pytest.raises(ValueError, match=rf"has no member 'cifar-10-batches-py/{missing}'"):
        cifar.split(DATASET, "test", path_of(**{missing: None}))


def test_a_missing_training_batch_is_named(path_of):
    paths = path_of(whole=True, data_batch_3=None)
    with pytest.raises(ValueError, match="has no member 'cifar-10-batches-py/data_batch_3'"):
        cifar.split(DATASET, "train", paths)
    assert len(cifar.split(DATASET, "validation", paths)["images"]) == 16  # lies in the fifth


def test_a_batch_larger_than_any_is_not_unpacked(path_of):
    with pytest.raises(ValueError, match=r"test_batch' says that it has 50,000,000 bytes"):
        cifar.split(DATASET, "test", path_of(test_batch=bytes(50_000_000)))


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(b"<!doctype html>")
    with pytest.raises(ValueError, match="is no zip or tar file"):
        cifar.split(DATASET, "test", lambda name: path)


# Pickles made to harm


def said(text):
    return b"U" + bytes([len(text)]) + text


MKDIR = b"cos\nmkdir\nU\6CANARY\x85R"  # os.mkdir("CANARY")
HARMFUL = {
    "REDUCE": MKDIR + b".",
    "REDUCE in a batch": b"\x80\2}(U\6labels" + MKDIR + b"U\4dataNu.",
    "REDUCE in an array": BATCH[: BATCH.index(b"T" + PIXELS)] + MKDIR + b"tb.",
    "posix": b"cposix\nmkdir\nU\6CANARY\x85R.",
    "eval": b"cbuiltins\neval\n" + said(b"__import__('os').mkdir('CANARY')") + b"\x85R.",
    "eval of Python 2": b"c__builtin__\neval\n" + said(b"__import__('os').mkdir('CANARY')") + b"\x85R.",
    "exec": b"cbuiltins\nexec\n" + said(b"import os; os.mkdir('CANARY')") + b"\x85R.",
    "map": b"cbuiltins\nlist\ncbuiltins\nmap\ncos\nmkdir\n]U\6CANARYa\x86R\x85R.",
    "STACK_GLOBAL": b"\x80\4\x8c\2os\x8c\5mkdir\x93\x8c\6CANARY\x85R.",
    "a path of attributes": b"\x80\4cos\npath.os.mkdir\nU\6CANARY\x85R.",
    "INST": b"(S'CANARY'\nios\nmkdir\n.",
    "OBJ": b"(cos\nmkdir\nU\6CANARYo.",
    "NEWOBJ": b"cfunctools\npartial\ncos\nmkdir\nU\6CANARY\x86\x81)R.",
    "NEWOBJ_EX": b"\x80\4cfunctools\npartial\ncos\nmkdir\nU\6CANARY\x86}\x92)R.",
    "BUILD": b"cfunctools\npartial\nccollections\nOrderedDict\n\x85\x81(cos\nmkdir\nU\6CANARY\x85}Ntb)R.",
    "GET": b"cos\nmkdir\np5\n0g5\nU\6CANARY\x85R.",
    "DUP": b"cos\nmkdir\n2U\6CANARY\x85R.",
}
REFUSED = "asks for .* which no picture needs|makes something other|fills in something other"


@pytest.mark.parametrize("case", HARMFUL)
def test_a_harmful_pickle_is_refused_and_does_nothing(path_of, tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=REFUSED):
        cifar.unpickle(HARMFUL[case])
    for member in ("batches.meta", "test_batch"):
        with pytest.raises(ValueError, match=REFUSED):
            cifar.split(DATASET, "test", path_of(**{member: HARMFUL[case]}))
    assert not (tmp_path / "CANARY").exists()
    try:
        pickle.loads(HARMFUL[case])  # is it harmful at all?
    except (TypeError, pickle.UnpicklingError):
        assert case == "REDUCE in an array"  # breaks after the harm is done
    assert (tmp_path / "CANARY").is_dir()


def test_no_module_is_imported(tmp_path, monkeypatch):
    (tmp_path / "harmful_when_imported.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match="asks for 'harmful_when_imported x'"):
        cifar.unpickle(b"charmful_when_imported\nx\n.")
    assert "harmful_when_imported" not in sys.modules
    with pytest.raises(SystemExit):
        pickle.loads(b"charmful_when_imported\nx\n.")


NUMPY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\1b\x87R"


@pytest.mark.parametrize(
    "content",
    {
        "EXT1": b"\x80\2\x82\1.",
        "EXT2": b"\x80\2\x83\1\1.",
        "EXT4": b"\x80\2\x84\1\1\1\1.",
        "PERSID": b"Pcanary\n.",
        "BINPERSID": b"U\1aQ.",
        "NEXT_BUFFER": b"\x80\5\x97.",
        "READONLY_BUFFER": b"\x80\5U\1a\x98.",
        "BYTEARRAY8": b"\x80\5\x96\1\0\0\0\0\0\0\0a.",
        "STACK_GLOBAL": b"\x80\4\x8c\5numpy\x8c\7ndarray\x93.",
        "another of NumPy's": b"cnumpy.core.multiarray\nscalar\n.",
        "a name below one that is known": b"cnumpy.core.multiarray\n_reconstruct.__globals__\n.",
        "a call of a text": b"U\2os)R.",
        "a call of what a call gave": NUMPY + b")R.",
        "an array of another class": NUMPY.replace(b"ndarray", b"dtype") + b".",
        "a call of the class": b"cnumpy\nndarray\nK\5\x85R.",
        "an object type": b"cnumpy\ndtype\nU\2O8K\0K\1\x87R.",
        "other bytes": b"c_codecs\nencode\nX\1\0\0\0aX\5\0\0\0utf-7\x86R.",
        "filling in a dictionary": b"}}b.",
        "filling in a name": b"cnumpy\nndarray\n}b.",
        "filling in an array with attributes": NUMPY + b"}U\5shapeK\1sb.",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_what_no_batch_needs_is_refused(content):
    with pytest.raises(ValueError, match=REFUSED):
        cifar.unpickle(content[1])


@pytest.mark.parametrize(
    "content",
    {
        "nothing on the stack": b"\x80\2a.",
        "no mark": b"\x80\2]e.",
        "nothing remembered": b"\x80\2h\1.",
        "appending to a text": b"U\1aK\1a.",
        "a key without a value": b"}(U\1au.",
        "two results": b"}}.",
        "a mark left open": b"(}.",
        "a key that is a list": b"}]K\1s.",
        "a key that is a number": b"}K\1K\1s.",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_what_does_not_fit_together_is_refused(content):
    with pytest.raises(ValueError, match=r"do not fit together|not hold one dictionary|keys are not texts"):
        cifar.unpickle(content[1])


DOUBLED = b"h\1h\1\x86q\1"  # what is remembered becomes a pair of itself
BOMBS = {
    "doubled lists": b"\x80\2}(U\6labels]q\1" + b"](h\1h\1eq\1" * 500 + b"u.",
    "doubled pairs": b"\x80\2}(U\6labels)q\1" + DOUBLED * 500 + b"u.",
    "doubled pairs as a key": b"\x80\2})q\1" + DOUBLED * 500 + b"K\1s.",
    "doubled pairs as a shape": NUMPY.join([b"\x80\2}(U\4data", b"(K\1)q\1" + DOUBLED * 500])
    + b"cnumpy\ndtype\nU\2u1K\0K\1\x87R\x89U\0tbu.",
    "nested lists": b"\x80\2}(U\6labels" + b"](" * 100_000 + b"e" * 100_000 + b"u.",
    "nested pairs": b"\x80\2}(U\6labels)" + b"\x85" * 100_000 + b"u.",
    "nested pairs as a key": b"\x80\2})" + b"\x85" * 100_000 + b"K\1s.",
    "marks": b"\x80\2" + b"(" * 100_000 + b"}.",
    "a list in itself": b"\x80\2}U\6labels]q\1h\1as.",
    "a memory far away": b"\x80\2}r\xff\xff\xff\xff.",
    "a text that is not there": b"\x80\2T\xff\xff\xff\x7f.",
    "a long text that is not there": b"\x80\2X\xff\xff\xff\xff.",
    "bytes that are not there": b"\x80\4\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a number without end": b"\x80\2I" + b"9" * 1_000_000 + b"\n.",
    "a binary number without end": b"\x80\2\x8b\x40\x42\x0f\0" + b"\x7f" * 1_000_000 + b".",
}


@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_costs_no_more_than_its_bytes(path_of, case):
    start = time.perf_counter()
    with pytest.raises(ValueError, match="is not what was published"):
        cifar.split(dataclasses.replace(DATASET, splits=SPLITS | {"test": 7}), "test", path_of(test_batch=BOMBS[case]))
    assert time.perf_counter() - start < 20  # seconds; a busy machine takes 1
    tracemalloc.start()
    try:
        cifar.unpickle(BOMBS[case][: 1 << 16] + b".")
    except ValueError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 30_000_000


@examples
@given(st.integers(0, len(BATCH) - 1))
def test_a_batch_that_is_cut_never_loads(length):
    with pytest.raises(ValueError, match=r"it ends too early|remain|not enough data|no newline"):
        cifar.unpickle(BATCH[:length])


HEAD, TAIL = BATCH[: BATCH.index(PIXELS)], BATCH[BATCH.index(PIXELS) + len(PIXELS) :]


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, len(HEAD + TAIL) - 1), st.binary(min_size=1, max_size=3)), min_size=1, max_size=4)
)
def test_a_damaged_batch_gives_a_sentence_or_a_batch(damages):
    modules, content = set(sys.modules), bytearray(HEAD + TAIL)
    for place, noise in damages:
        content[place : place + len(noise)] = noise
    try:
        found = cifar.unpickle(bytes(content[: len(HEAD)]) + PIXELS + bytes(content[len(HEAD) :]))
    except ValueError as error:
        assert str(error).isprintable()
    else:
        assert all(type(key) is str for key in found)
    assert set(sys.modules) == modules


@examples
@given(st.binary(max_size=300))
def test_random_bytes_give_a_sentence_or_a_dictionary(content):
    try:
        assert type(cifar.unpickle(b"}" + content)) is dict
    except ValueError as error:
        assert str(error)
