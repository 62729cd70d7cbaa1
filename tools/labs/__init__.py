"""Labs: one source each, `labs/<lab>/lab.md`, from which everything else is made, proved and released."""

from tools import settings
from tools.labs.pages import exercise_page, solution_page
from tools.labs.source import load, names


def is_exercise(slug: str) -> bool:
    """Whether a page is a lab's exercises."""
    return slug.startswith("labs/") and slug.endswith("/lab")


def is_solution(slug: str) -> bool:
    """Whether a page is a lab's solution."""
    return slug.startswith("labs/") and slug.endswith("/solution")


def pages() -> dict[str, str]:
    """The pages of the book that are made of labs: slug → text; solutions only where the settings show them."""
    made = {}
    for name in names():
        lab = load(name)
        made[f"labs/{name}/lab"] = exercise_page(lab)
        if settings.solutions():
            made[f"labs/{name}/solution"] = solution_page(lab)
    return made
