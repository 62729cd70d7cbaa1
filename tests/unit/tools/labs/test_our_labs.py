"""The labs of the course keep what CONTRIBUTING promises, as far as it can be seen without running them."""

import pytest
import yaml

from tools import editions
from tools.labs import release, source
from tools.labs.pages import exercise_page
from tools.paths import ROOT

LABS = [name for name in source.names() if not name.startswith("project-")]
MINUTES = range(50, 66)


@pytest.mark.parametrize("framework", editions.FRAMEWORKS)
@pytest.mark.parametrize("name", source.names())
def test_a_student_notebook_holds_no_trace_of_a_solution(name, framework):
    lab = source.load(name)
    release.refuse_traces(lab, editions.split(editions.read_page(exercise_page(lab)), framework), framework)


@pytest.mark.parametrize("framework", editions.FRAMEWORKS)
@pytest.mark.parametrize("name", LABS)
def test_a_lab_has_four_to_eight_exercises_with_wrong_answers_and_another_right_one(name, framework):
    exercises = source.exercises(source.load(name), framework)
    assert 4 <= len(exercises) <= 8
    for exercise in exercises:
        assert sum(not mutant.right for mutant in exercise.mutants) >= 5, exercise.name
        assert any(mutant.right for mutant in exercise.mutants), exercise.name
        assert any(mutant.says for mutant in exercise.mutants), exercise.name


@pytest.mark.parametrize("name", LABS)
def test_a_lab_takes_an_hour_or_a_little_less(name):
    assert sum(exercise.minutes for exercise in source.exercises(source.load(name), None)) in MINUTES


def test_every_lab_stands_in_the_table_of_contents_with_its_solution():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))["parts"]
    (entries,) = (part["chapters"] for part in parts if part["caption"] == "Labs")
    assert {entry["file"] for entry in entries} == {f"labs/{name}/lab" for name in source.names()}
    for entry in entries:
        solution = [{"file": f"{entry['file'].removesuffix('/lab')}/solution"}]
        assert entry.get("sections", []) == ([] if "project" in entry["file"] else solution)


def test_a_lab_is_the_next_step_of_a_page():
    named = {editions.read_page(text).metadata.get("lab") for text in editions.pages().values()}
    assert set(LABS) <= named
