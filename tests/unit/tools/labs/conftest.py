"""A small lab to be proved, released and broken on purpose."""

from collections.abc import Callable

import pytest

from tools.labs import drafts, source

TEXT = drafts.DRAFT.read_text("utf8").replace("NAME", "small").replace("TITLE", "small")


@pytest.fixture
def text() -> str:
    """The source of a lab that passes its proof."""
    return TEXT


@pytest.fixture
def changed() -> Callable[..., source.Lab]:
    """That lab, with pieces of its source replaced: changed((old, new), …)."""

    def change(*pairs: tuple[str, str]) -> source.Lab:
        text = TEXT
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return source.read("small", text)

    return change


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder that the tools take for `labs`."""
    monkeypatch.setattr(source, "LABS", tmp_path / "labs of ours")
    monkeypatch.delenv("LABS_OVERLAY", raising=False)
    (tmp_path / "labs of ours").mkdir()
    return tmp_path / "labs of ours"
