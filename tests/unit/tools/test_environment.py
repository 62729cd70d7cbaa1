import ast
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import environment, paths

REQUIREMENTS = """\
# A comment, and a heading in the middle of a line: # [no]

# [both]  what the notebooks use
numpy==2.4.6
typer==0.29.2  # the command line

# [keras]
tensorflow==2.21.0
# [torch]
torch==2.15.0
# [test]
pytest==9.2.0
"""


class Machine:
    """A pretended machine: what is installed where, which interpreter runs, and which programs it was told to start."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self.root, self.calls, self.fails = root, [], ()
        self.installed = {"/usr": set()}  # prefix → pins
        self.monkeypatch = monkeypatch
        (root / "requirements.txt").write_text(REQUIREMENTS)
        monkeypatch.setattr(environment, "REQUIREMENTS", root / "requirements.txt")
        monkeypatch.setattr(environment, "VENV", root / ".venv")
        monkeypatch.setattr(environment.subprocess, "run", self.start)
        monkeypatch.setattr(environment.os, "execv", self.replace)
        monkeypatch.setattr(environment.importlib.metadata, "version", self.version)
        monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: name)
        monkeypatch.delenv("LEARNING_TO_SEE_ENVIRONMENTS", raising=False)
        self.run_from("/usr")

    def run_from(self, prefix: Path | str) -> None:
        self.monkeypatch.setattr(sys, "prefix", str(prefix))
        self.monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python")
        self.prefix = str(Path(prefix).resolve())

    def version(self, name: str) -> str:
        for pin in self.installed.get(self.prefix, ()):
            if pin.startswith(f"{name}=="):
                return pin.split("==")[1]
        raise importlib.metadata.PackageNotFoundError(name)

    def start(self, command, check):
        self.calls.append([str(word) for word in command[2:]])
        if command[2] in self.fails:
            return SimpleNamespace(returncode=1)
        if command[2] == "venv":
            self.make(Path(command[3]))
        if command[2] == "pip":
            self.installed.setdefault(self.prefix, set()).update(word for word in command if "==" in word)
        return SimpleNamespace(returncode=0)

    def make(self, home: Path) -> None:
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "python").touch()

    def replace(self, program: str, arguments: list[str]) -> None:
        self.calls.append(["exec", *arguments])
        raise SystemExit("replaced")

    def enter(self, framework: str | None = None) -> None:
        """Enter, and again in each interpreter that is entered, as the real machine would."""
        try:
            environment.enter(environment.needed(framework))
        except SystemExit as ended:
            if ended.code != "replaced":
                raise
            self.run_from(Path(self.calls[-1][1]).parent.parent)
            self.enter(framework)


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_requirements_are_sorted_by_heading(machine):
    assert environment.sections() == {
        "both": ["numpy==2.4.6", "typer==0.29.2"],
        "keras": ["tensorflow==2.21.0"],
        "torch": ["torch==2.15.0"],
        "test": ["pytest==9.2.0"],
    }
    assert environment.pins(("test", "both")) == ["pytest==9.2.0", "numpy==2.4.6", "typer==0.29.2"]


def test_one_framework_needs_nothing_of_the_other(machine):
    assert "torch==2.15.0" not in environment.needed("keras") and "tensorflow==2.21.0" in environment.needed("keras")
    assert "tensorflow==2.21.0" not in environment.needed("torch") and "torch==2.15.0" in environment.needed("torch")
    assert len(environment.needed(None)) == 5


def test_the_projects_requirements_are_exact_pins_under_known_headings():
    found = environment.sections()
    assert list(found) == ["both", "keras", "torch", "book", "test"]
    for pin in environment.needed(None):
        name, version = pin.split("==")
        assert name and version[0].isdigit()


def test_a_package_is_missing_where_it_is_absent_or_another_version(machine):
    machine.installed["/usr"] = {"numpy==2.4.5", "torch==2.15.0+cpu"}
    assert environment.missing(["numpy==2.4.6", "torch==2.15.0", "scipy==1.0"]) == ["numpy==2.4.6", "scipy==1.0"]


def test_where_all_is_there_nothing_is_called(machine):
    machine.installed["/usr"] = set(environment.needed("torch"))
    machine.enter("torch")
    assert machine.calls == [] and not (machine.root / ".venv").exists()


def test_first_use_makes_the_environment_enters_it_and_installs_once(machine, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tools", "book", "foundations/convolution"])
    machine.enter()
    home = str(machine.root / ".venv")
    assert [call[:2] for call in machine.calls] == [["venv", home], ["exec", f"{home}/bin/python"], ["pip", "install"]]
    assert machine.calls[1][2:] == ["-m", "tools", "book", "foundations/convolution"]
    assert set(environment.needed(None)) <= set(machine.calls[2])
    assert "Installing 5 packages (once; up to 8 GB" in capsys.readouterr().out
    machine.calls.clear()
    machine.run_from("/usr")
    machine.enter()
    assert [call[0] for call in machine.calls] == ["exec"]


def test_only_help_installs_only_what_help_needs(machine, capsys):
    machine.make(machine.root / ".venv")
    machine.run_from(machine.root / ".venv")
    environment.enter(["typer==0.29.2"])
    assert machine.calls == [["pip", "install", "--disable-pip-version-check", "typer==0.29.2"]]
    assert capsys.readouterr().out == "Installing typer==0.29.2 …\n"


def test_an_interrupted_installation_is_taken_up_again(machine, monkeypatch):
    home = machine.root / ".venv"
    machine.make(home)
    machine.installed[str(home)] = {"numpy==2.4.6"}
    machine.enter()
    assert [call[0] for call in machine.calls] == ["exec", "pip"]


def test_an_environment_left_without_pip_gets_it(machine, monkeypatch):
    machine.make(machine.root / ".venv")
    machine.run_from(machine.root / ".venv")
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    machine.enter()
    assert [call[0] for call in machine.calls] == ["ensurepip", "pip"]


@pytest.mark.parametrize(("program", "said"), [("venv", "could not make the environment"), ("pip", "not be installed")])
def test_a_failing_installer_ends_in_one_sentence(machine, program, said):
    machine.fails = (program,)
    with pytest.raises(SystemExit, match=said):
        machine.enter()


def test_a_framework_that_comes_later_is_added(machine):
    machine.enter("torch")
    machine.calls.clear()
    machine.enter("keras")
    assert [call[0] for call in machine.calls] == ["pip"]


@pytest.mark.parametrize(
    ("installed", "only"),
    [
        ({"torch==2.15.0+cpu", "numpy==2.4.6"}, "torch"),
        ({"torch==2.14.0"}, "torch"),  # a pull brings other versions
        ({"tensorflow==2.21.0"}, "keras"),
        ({"tensorflow==2.21.0", "torch==2.15.0"}, None),
        ({"numpy==2.4.6"}, None),
        ({"torch==2.15.0", "keras==3.15.1"}, None),  # of Keras' two packages one: an interrupted installation
    ],
)
def test_what_the_environment_holds_settles_the_framework(machine, installed, only):
    (machine.root / "requirements.txt").write_text(REQUIREMENTS.replace("# [torch]", "keras==3.15.1\n# [torch]"))
    machine.installed["/usr"] = installed | ({"keras==3.15.1"} if only == "keras" else set())
    assert environment.only_framework() == only


@pytest.mark.parametrize("version", [(3, 9, 6), (3, 14, 0)])
def test_a_python_too_old_or_too_new_is_told_so(machine, monkeypatch, version):
    monkeypatch.setattr(environment.platform, "python_version", lambda: ".".join(map(str, version)))
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=rf"This is Python {version[0]}.{version[1]}.*needs 3.11 to 3.13: install one"):
        machine.enter()
    assert machine.calls == []
    machine.make(machine.root / ".venv")  # made with a Python that will do
    with pytest.raises(SystemExit, match="replaced"):
        environment.enter(environment.needed(None))


@pytest.mark.parametrize("name", ["environment.py", "__main__.py", "errors.py", "__init__.py"])
def test_old_pythons_can_read_what_sends_them_away(name):
    source = (paths.ROOT / "tools" / name).read_text("utf8")
    tree = ast.parse(source, feature_version=(3, 8))
    annotated = any(isinstance(node, ast.FunctionDef) and (node.returns or node.args.args) for node in ast.walk(tree))
    assert not annotated or "from __future__ import annotations" in source


def test_environments_may_be_kept_elsewhere_under_the_hash_of_the_requirements(machine, monkeypatch, tmp_path):
    kept = tmp_path / "kept environments"
    monkeypatch.setenv("LEARNING_TO_SEE_ENVIRONMENTS", str(kept))
    machine.enter()
    (first,) = kept.iterdir()
    link = machine.root / ".venv"
    assert link.is_symlink() and link.resolve() == first
    (machine.root / "requirements.txt").write_text(REQUIREMENTS.replace("2.4.6", "2.4.7"))
    machine.run_from("/usr")
    machine.enter()
    assert len(list(kept.iterdir())) == 2
    assert link.resolve() != first and link.resolve().parent == kept
    assert (first / "bin" / "python").is_file()


def test_a_link_to_an_environment_that_will_do_is_used_without_the_variable(machine, tmp_path):
    shared = tmp_path / "shared"
    machine.make(shared)
    machine.installed[str(shared)] = set(environment.needed(None))
    (machine.root / ".venv").symlink_to(shared)
    machine.enter()
    assert [call[0] for call in machine.calls] == ["exec"]


@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_installed_into_an_environment_that_others_share(machine, tmp_path, there):
    shared, link = tmp_path / "shared", machine.root / ".venv"
    if there:
        machine.make(shared)
    link.symlink_to(shared)
    with pytest.raises(SystemExit, match=r"kept for other requirements.*or delete the link"):
        machine.enter()
    assert {call[0] for call in machine.calls} <= {"exec"} and link.is_symlink()


def test_a_real_folder_is_never_removed(machine, monkeypatch, tmp_path):
    own = machine.root / ".venv"
    machine.make(own)
    (own / "mine.txt").touch()
    monkeypatch.setenv("LEARNING_TO_SEE_ENVIRONMENTS", str(tmp_path / "kept"))
    machine.enter()
    assert (own / "mine.txt").is_file() and not own.is_symlink()
    assert str(own) not in machine.installed


def test_a_broken_environment_is_named_instead_of_entered_for_ever(machine, monkeypatch):
    machine.make(machine.root / ".venv")
    monkeypatch.setattr(sys, "executable", str(machine.root / ".venv" / "bin" / "python"))
    with pytest.raises(SystemExit, match="is broken: delete that folder"):
        machine.enter()
    assert machine.calls == []


def test_a_real_environment_is_made_and_entered_from_a_folder_with_spaces(tmp_path):
    """No package is asked for, so that nothing is downloaded: the second interpreter finds that it has all it needs."""
    root = tmp_path / "a course über vision"
    (root / "tools").mkdir(parents=True)
    for name in ("__init__.py", "__main__.py", "environment.py", "errors.py"):
        (root / "tools" / name).write_text((paths.ROOT / "tools" / name).read_text("utf8"), "utf8")
    (root / "tools" / "commands.py").write_text(
        "import sys\ndef app(prog_name):\n    print(sys.prefix, sys.argv[1:])\n"
    )
    (root / "requirements.txt").write_text("# [both]\npip==1\n# [keras]\n# [torch]\n")
    version = "import importlib.metadata as m, sys\nm.version = lambda name: '1' if '.venv' in sys.prefix else '0'\n"
    patched = root / "tools" / "environment.py"
    patched.write_text(
        patched.read_text("utf8").replace("import importlib.util\n", f"import importlib.util\n{version}")
    )
    surroundings = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FRAMEWORK", "LEARNING"))
    } | {"PYTHONIOENCODING": "latin-1"}  # which has no …
    ran = subprocess.run(
        [sys.executable, "-m", "tools", "book", "a page"],
        cwd=root,
        env=surroundings,
        capture_output=True,
        encoding="latin-1",
        check=True,
    )
    assert ran.stdout.startswith("Making the course's Python environment in ")
    assert ran.stdout.splitlines()[-1] == f"{root / '.venv'} ['book', 'a page']"
