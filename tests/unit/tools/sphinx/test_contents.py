"""The table of contents of a site without solutions, made of the course's own."""

import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

from tools.paths import ROOT
from tools.sphinx.contents import without_solutions


def test_only_solutions_are_left_out_of_ours_and_it_still_is_a_table_of_contents(tmp_path):
    written = ROOT / "_toc.yml"
    shown = tmp_path / "_toc.yml"
    shown.write_text(yaml.safe_dump(without_solutions(yaml.safe_load(written.read_text("utf8")))), "utf8")
    before, after = set(parse_toc_yaml(written)), set(parse_toc_yaml(shown))
    assert {name.rsplit("/", 1)[1] for name in before - after} == {"solution"}
    assert after < before and not [name for name in after if name.endswith("/solution")]
