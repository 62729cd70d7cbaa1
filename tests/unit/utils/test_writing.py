"""What ends a writing early leaves the old file, and nothing beside it."""

import errno

import pytest

from utils import writing


def test_a_file_takes_its_place_when_it_is_closed(tmp_path):
    path = tmp_path / "file.txt"
    for content in ("first", "second"):
        with writing.whole(path) as part:
            part.write_text(content)
            assert path.exists() == (content == "second")
        assert path.read_text() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("end", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")], ids=repr)
def test_what_ends_early_leaves_the_old_file(tmp_path, end):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(type(end)), writing.whole(str(path)) as part:
        part.write_text("a half")
        raise end
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_several_may_write_at_once(tmp_path):
    path = tmp_path / "file.txt"
    with writing.whole(path) as one, writing.whole(path) as other:
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]
