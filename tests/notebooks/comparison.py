"""A pytest plugin for nbval: stderr, and pictures as HTML, are not part of what a notebook prints."""

import pytest

NOT_COMPARED = ("stderr", "text/html")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    notebook = item.parent
    if hasattr(notebook, "skip_compare") and "stderr" not in notebook.skip_compare:
        notebook.skip_compare += NOT_COMPARED
