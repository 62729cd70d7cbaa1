import os
import re
import shutil
import sys

import pytest

from tools import outputs, testing
from tools.errors import BuildError


@pytest.fixture
def parts(monkeypatch):
    """Replace the parts by pretended ones; $CI and the choice of data are as on a desk."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "auto")
    made = {}
    monkeypatch.setattr(testing, "PARTS", made)
    return made


def fail() -> None:
    raise BuildError("A page is wrong.")


def test_all_parts_pass_on_the_twins(parts, capsys):
    parts["first"] = lambda: print("data:", os.environ["LEARNING_TO_SEE_SOURCE"])
    parts["second"] = lambda: None
    testing.run(None)
    lines = capsys.readouterr().out.splitlines()
    assert "data: twin" in lines
    assert lines[-1] == "parts: 2 passed, 0 failed, 0 not run"
    assert re.fullmatch(r"  first +\d+\.\d", lines[-3])


def test_a_book_made_of_the_twins_is_said_to_be_so(parts, capsys):
    parts |= {"unit": lambda: None, "book": lambda: None}
    for names, said in ((["unit"], False), (None, True)):
        testing.run(names)
        assert ("those of the twins now; `make book` takes the originals" in capsys.readouterr().out) == said


def test_a_failing_part_is_reported_and_the_others_still_run(parts, capsys):
    parts["bad"] = fail
    parts["broken"] = lambda: 1 / 0
    parts["good"] = lambda: print("good ran")
    with pytest.raises(BuildError, match=r"^Not everything passed: bad, broken\.$"):
        testing.run(None)
    said = capsys.readouterr()
    assert "good ran" in said.out and said.out.endswith("parts: 1 passed, 2 failed, 0 not run\n")
    assert "A page is wrong." in said.err and "ZeroDivisionError" in said.err
    assert re.search(r"^  bad +\d+\.\d  FAILED$", said.out, re.MULTILINE)


def test_only_the_wanted_parts_run_and_unknown_ones_are_named(parts, capsys):
    parts |= {"bad": fail, "good": lambda: None}
    testing.run(["good"])
    assert "parts: 1 passed, 0 failed" in capsys.readouterr().out
    with pytest.raises(BuildError, match=r"There is no part 'best' to test; there are bad, good\."):
        testing.run(["good", "best"])
    assert capsys.readouterr().out == ""


def test_a_missing_program_is_named_and_fails_only_in_continuous_integration(parts, monkeypatch, capsys):
    from tools import site

    monkeypatch.setattr(site, "build", lambda framework: None)
    monkeypatch.setattr(testing.shutil, "which", lambda name: None)
    parts["book"] = testing._book
    for said_by in (None, "false"):
        if said_by:
            monkeypatch.setenv("CI", said_by)
        testing.run(None)
        said = capsys.readouterr().out
        assert "not run: chromium of apt.txt not found on this machine" in said
        assert said.endswith("parts: 0 passed, 0 failed, 1 not run\n")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BuildError, match="book"):
        testing.run(None)


def test_ctrl_c_ends_all_parts(parts):
    def interrupt():
        raise KeyboardInterrupt

    parts |= {"stopped": interrupt, "never": fail}
    with pytest.raises(KeyboardInterrupt):
        testing.run(None)


def test_frameworks_never_share_a_process(tmp_path, monkeypatch):
    unit = tmp_path / "tests" / "unit"
    names = [
        "utils/test_ops.py",
        "utils/keras/test_models.py",
        "utils/torch/test_models.py",
        "utils/test_data_torch.py",
    ]
    for name in [*names, "tools/test_torchlike.py"]:
        (unit / name).parent.mkdir(parents=True, exist_ok=True)
        (unit / name).touch()
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing.editions, "installed_frameworks", lambda: ("keras", "torch"))
    groups = [{word for word in command if word.endswith(".py")} for command in testing._unit_tests("not originals")]
    assert groups == [
        {"tests/unit/tools/test_torchlike.py", "tests/unit/utils/test_ops.py"},
        {"tests/unit/utils/keras/test_models.py"},
        {"tests/unit/utils/test_data_torch.py", "tests/unit/utils/torch/test_models.py"},
    ]
    monkeypatch.setattr(testing.editions, "installed_frameworks", lambda: ("torch",))
    assert not any("keras" in " ".join(command) for command in testing._unit_tests("originals"))


def test_originals_that_are_missing_are_named_and_do_not_stop_the_rest(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("LEARNING_TO_SEE_DATA", str(tmp_path))
    monkeypatch.setenv("LEARNING_TO_SEE_SOURCE", "twin")
    ran = []
    monkeypatch.setattr(testing.execute, "run", lambda *_: ran.append(os.environ["LEARNING_TO_SEE_SOURCE"]))
    monkeypatch.setattr(testing, "_all_of", lambda *_, **__: None)
    testing.run_originals()
    said = capsys.readouterr().out
    assert ran == ["auto"]
    assert "mnist is not on disk: pages run on its twin. Get it with `python -m utils.data download mnist`." in said
    assert "scenes" not in said


def test_a_failing_command_does_not_keep_the_others_from_running(capfd):
    python = [sys.executable, "-c"]
    with pytest.raises(BuildError, match="exit code 3"):
        testing._all_of(
            [[*python, "raise SystemExit(3)"], [*python, "import os; print(os.environ['OMP_NUM_THREADS'])"]]
        )
    assert capfd.readouterr().out == "1\n"
    testing._call([*python, "raise SystemExit(5)"], fine=(0, testing.NO_TESTS))


def test_the_editions_part_prints_seconds_by_edition(executed, capsys):
    testing._editions()
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "seconds by edition, as it was run last:"
    first, *_ = frameworks = testing.editions.installed_frameworks()
    assert len(lines) == 2 + 2 * len(frameworks)
    assert re.fullmatch(rf" +\d+\.\d  {first}  part/plain", lines[2])


def test_executed_notebooks_are_run_again_and_compared(executed, monkeypatch, capfd):
    for name in ("tests/notebooks", "pyproject.toml"):
        copy = shutil.copytree if (testing.ROOT / name).is_dir() else shutil.copy
        copy(testing.ROOT / name, executed.root / name)
    monkeypatch.setattr(testing, "ROOT", executed.root)
    monkeypatch.setattr(testing, "PROCESSES", 1)
    monkeypatch.setattr(testing.editions, "installed_frameworks", lambda: ("torch",))
    text = executed.cell("print(1)\nimport sys\nprint('?', file=sys.stderr)") + executed.cell("hash('x')", "volatile")
    executed.page(text, slug="part/shapes")
    executed.run(("torch",))
    path = outputs.executed_path("torch", "part/plain")
    path.write_text(path.read_text("utf8").replace('"6"', '"7"'), "utf8")
    with pytest.raises(BuildError, match="exit code 1"):
        testing._notebooks()
    assert "1 failed, 4 passed" in capfd.readouterr().out  # the changed cell; two first cells, two of part/shapes
