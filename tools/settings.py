"""Facts about the project that its configuration file knows: where it is published and where its repository is."""

from functools import cache

import yaml

from tools.paths import ROOT

NOTEBOOK_BRANCH = "notebooks"  # the editions' own branch, which Colab opens; written by the publishing workflow


@cache
def _config() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))


def repository_url() -> str:
    """Address of the repository, as `_config.yml` gives it."""
    return _config()["repository"]["url"].rstrip("/")


def repository_branch() -> str:
    """The branch of the sources, which an edition on Colab fetches the course's modules from."""
    return _config()["repository"]["branch"]


def solutions() -> bool:
    """Whether the site has pages with the solutions of labs."""
    return _config()["sphinx"]["config"]["book_solutions"]


def site_url() -> str:
    """Address of the published book, ending in a slash."""
    return _config()["html"]["baseurl"].rstrip("/") + "/"
