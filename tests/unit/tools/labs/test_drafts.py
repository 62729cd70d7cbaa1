"""A lab that was just begun is complete; names that are none, or taken, are refused."""

import pytest

from tools.errors import BuildError
from tools.labs import drafts, source
from tools.labs.prove import prove


def test_a_new_lab_is_complete(folder):
    path = drafts.new("edge-detection")
    assert path == folder / "edge-detection" / "lab.md"
    assert (folder / "edge-detection" / "solution.md").is_file()
    lab = source.load("edge-detection")
    assert "slug: labs/edge-detection/lab" in lab.text and "# Lab: edge detection" in lab.text
    assert [row.problems for row in prove(lab, "torch")] == [[]]


@pytest.mark.parametrize("name", ["Edge", "edge_detection", "../edge", "", "edge detection", "-edge"])
def test_a_name_that_is_none_is_refused(folder, name):
    with pytest.raises(BuildError, match="A lab can not be called"):
        drafts.new(name)
    assert list(folder.iterdir()) == []


def test_a_lab_is_never_overwritten(folder):
    path = drafts.new("small")
    path.write_text("mine", "utf8")
    with pytest.raises(BuildError, match="labs/small is there already"):
        drafts.new("small")
    assert path.read_text("utf8") == "mine"


def test_ctrl_c_leaves_nothing(folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(drafts.Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drafts.new("small")
    assert list(folder.iterdir()) == []
