"""`python -m utils.data` as a user types it: what it prints, and its exit codes."""

import os
import subprocess
import sys

import pytest

from utils.data import registry
from utils.provenance import ROOT

LABELS = "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def command(tmp_path):
    """A function that runs the command with an empty data folder, and no way to any host."""
    closed = "http://127.0.0.1:9"
    surroundings = os.environ | {
        "LEARNING_TO_SEE_DATA": str(tmp_path / "data"),
        "LEARNING_TO_SEE_SOURCE": "auto",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), closed),
        "NO_PROXY": "",
        "no_proxy": "",
    }

    def run(*words, **more):
        words = [sys.executable, "-m", "utils.data", *words]
        done = subprocess.run(words, cwd=ROOT, env=surroundings | more, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        return done

    return run


def row(done, name):
    """The words of the line of a data set."""
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(f"{name} ")]
    return line.split()


def test_list_shows_size_license_and_source(command):
    done = command("list")
    head, *_ = done.stdout.splitlines()
    assert done.returncode == 0
    assert head.split() == ["name", "images", "size", "license", "original", "load", "uses"]
    assert row(done, "mnist") == ["mnist", "70,000", "11.6", "MB", "CC", "BY-SA", "3.0", "no", "twin"]
    assert row(done, "cifar10")[-5:] == ["MB", "none", "stated", "no", "twin"]
    assert row(done, "scenes")[-6:] == ["there", "is", "none", "what", "is", "drawn"]


def test_list_counts_the_files_on_disk(command, tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    *first, last = registry.DATASETS["mnist"].files
    for file in first:
        (folder / file.name).touch()
    assert row(command("list"), "mnist")[-5:] == ["3", "of", "4", "files", "twin"]
    (folder / last.name).touch()
    assert row(command("list"), "mnist")[-3:] == ["on", "disk", "original"]
    assert row(command("list", LEARNING_TO_SEE_SOURCE="twin"), "mnist")[-3:] == ["on", "disk", "twin"]


def test_class_folders_and_zips_of_them_are_originals(command, tmp_path):
    for folder in ("train", "test"):
        (tmp_path / "data" / "cats_vs_dogs" / folder).mkdir(parents=True)
    (tmp_path / "data" / "cifar10").mkdir()
    (tmp_path / "data" / "cifar10" / "mine.zip").touch()
    done = command("list")
    assert row(done, "cats_vs_dogs")[-3:] == ["class", "folders", "original"]
    assert row(done, "cifar10")[-6:] == ["a", "zip", "of", "class", "folders", "original"]
    verified = command("verify")
    assert verified.returncode == 0
    assert verified.stdout.count("whose checksums nobody published") == 2


@pytest.mark.parametrize("word", ["download", "verify"])
def test_a_set_that_is_only_drawn_can_be_neither_downloaded_nor_verified(command, word):
    done = command(word, "scenes")
    assert (done.returncode, done.stderr) == (2, "scenes has no original: this course draws it.\n")


def test_where_shows_both_folders(command, tmp_path):
    done = command("where")
    assert done.returncode == 0
    assert str(tmp_path / "data") in done.stdout
    assert str(tmp_path / "cache" / "learning-to-see" / "twins") in done.stdout


def test_without_the_variable_originals_are_in_the_cache_folder(command, tmp_path):
    originals = command("where", LEARNING_TO_SEE_DATA="").stdout.splitlines()[0]
    assert str(tmp_path / "cache" / "learning-to-see") in originals


def test_verify_has_nothing_to_do_in_an_empty_folder(command):
    done = command("verify")
    assert (done.returncode, done.stdout[:20]) == (0, "There is no original")


def test_verify_by_name_fails_where_files_are_missing(command):
    done = command("verify", "mnist")
    assert done.returncode == 1
    assert all(f"{file.name} is missing" in done.stderr for file in registry.DATASETS["mnist"].files)


@pytest.mark.parametrize("length", [10, 4542])
def test_verify_names_the_broken_file_and_the_way_out(command, tmp_path, length):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    (folder / LABELS).write_bytes(bytes(length))
    done = command("verify")
    assert done.returncode == 1
    assert f"{LABELS} is broken" in done.stderr
    assert "`python -m utils.data download mnist`" in done.stderr


def test_a_download_without_a_network_fails_in_sentences(command, tmp_path):
    done = command("download", "mnist")
    assert done.returncode == 1
    assert "MNIST: 11.6 MB, license CC BY-SA 3.0" in done.stdout
    *_, last = done.stderr.splitlines()
    for host in ("ossci-datasets.s3.amazonaws.com", "storage.googleapis.com"):
        assert f"{host} can not be reached" in last
    assert [path.suffix for path in (tmp_path / "data" / "mnist").iterdir()] in ([], [".part"])


@pytest.mark.parametrize("words", [("download", "minst"), ("verify", "minst")])
def test_an_unknown_name_is_a_wrong_use(command, words):
    done = command(*words)
    assert done.returncode == 2
    assert "There is no data set 'minst': choose from mnist, " in done.stderr


@pytest.mark.parametrize("words", [("download",), ("fetch",), ()])
def test_a_wrong_use_says_what_there_is(command, words):
    done = command(*words)
    assert done.returncode == 2
    assert "Usage: python -m utils.data" in done.stdout + done.stderr


def test_list_shows_weights_their_terms_and_how_they_are_checked(command, tmp_path):
    folder = tmp_path / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / registry.WEIGHTS["squeezenet"].files[0].name).touch()
    (folder / registry.WEIGHTS["mobilenet_v2"].conversions[0]).touch()
    done = command("list")
    assert row(done, "weights") == ["weights", "size", "license", "checked", "by", "original"]
    assert row(done, "vgg16") == ["vgg16", "58.9", "MB", "CC", "BY", "4.0", "MD5", "no"]
    assert row(done, "resnet18") == ["resnet18", "46.8", "MB", "none", "stated", "SHA-256", "no"]
    assert row(done, "squeezenet")[-3:] == ["SHA-256", "on", "disk"]
    assert row(done, "mobilenet_v2")[-4:] == ["in", "another", "layout,", "unchecked"]


def test_where_shows_the_folder_of_weights(command, tmp_path):
    assert row(command("where"), "weights") == ["weights", str(tmp_path / "data" / "weights")]


def test_verify_looks_at_weights_too(command, tmp_path):
    folder = tmp_path / "data" / "weights"
    folder.mkdir(parents=True)
    (folder / registry.WEIGHTS["mobilenet_v2"].conversions[1]).touch()
    done = command("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "mobilenet_v2: " in done.stdout
    assert "in another layout, whose checksum nobody published" in done.stdout
    (folder / registry.WEIGHTS["vgg16"].files[0].name).write_bytes(b"cut short")
    done = command("verify")
    assert done.returncode == 1
    assert "kernels_notop.h5 is broken (it has 9 bytes, the published file 58,889,256)" in done.stderr
    assert "`python -m utils.data download vgg16`" in done.stderr
    assert command("verify", "resnet18").stderr.count("resnet18-f37072fd.pth is missing") == 1


def test_a_download_of_weights_without_a_network_fails_in_sentences(command):
    done = command("download", "resnet18")
    assert done.returncode == 1
    assert "ImageNet weights of ResNet-18: 46.8 MB, license none stated" in done.stdout
    assert "resnet18-f37072fd.pth could not be downloaded (download.pytorch.org can not be reached)" in done.stderr


def test_help_names_every_command(command):
    done = command("--help")
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("list", "where", "download", "verify"))


def test_good_files_are_verified_and_downloaded(tiny, capsys):
    """In this process, with the small data set in place of the real one."""
    from typer.testing import CliRunner

    from utils.data.__main__ import app

    tiny.put()
    verified, downloaded = (CliRunner().invoke(app, words) for words in (["verify"], ["download", "mnist"]))
    assert (verified.exit_code, downloaded.exit_code) == (0, 0)
    assert verified.stdout.splitlines() == [f"mnist/{name}: as published" for name in tiny.content]
    assert downloaded.stdout.splitlines()[-1] == f"mnist: the original is in {tiny.folder}"
