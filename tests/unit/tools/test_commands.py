import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools import __main__ as entrance
from tools import commands, environment, paths, testing
from tools.errors import STOPPED

NAMES = {
    "book",
    "execute",
    "test",
    "check",
    "test-originals",
    "results",
    "bench",
    "data",
    "serve",
    "lab",
    "clean",
    "pretrain",
}


def call(*words: str):
    """A command as `python -m tools` runs it, in this process."""
    return CliRunner().invoke(commands.app, list(words))


def start(*words: str, cwd: Path = paths.ROOT, **surroundings: str) -> subprocess.Popen:
    """`python -m tools …` as a process in a group of its own that hears Ctrl-C, as a shell starts it.

    A test run put into the background ignores Ctrl-C, and so would its children.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "tools", *words],
        cwd=cwd,
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_help_lists_every_command():
    process = start("--help", COLUMNS="120")
    said, _ = process.communicate()
    assert process.returncode == 0
    assert set(re.findall(r"^│ ([a-z][a-z-]+) ", said, re.MULTILINE)) == NAMES | {"labs"}


def test_help_and_clean_need_no_more_than_the_command_line(monkeypatch):
    monkeypatch.delenv("FRAMEWORK", raising=False)
    for words in ([], ["--help"], ["book", "--help"], ["clean"], ["serve"]):
        monkeypatch.setattr(sys, "argv", ["tools", *words])
        assert [pin.split("==")[0] for pin in entrance.packages()] == ["typer"]
    monkeypatch.setattr(sys, "argv", ["tools", "book"])
    for only in (None, "torch"):
        monkeypatch.setattr(environment, "only_framework", lambda only=only: only)
        assert entrance.packages() == environment.needed(only)
    monkeypatch.setenv("FRAMEWORK", "keras")
    assert entrance.packages() == environment.needed("keras")
    code = "import sys, tools.commands; print(sorted({'nbformat', 'sphinx', 'numpy', 'yaml'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "variable", "framework"),
    [
        (["book"], None, None),
        (["book"], "", None),
        (["book"], "torch", "torch"),
        (["book", "--framework", "keras"], "torch", "keras"),
        (["book", "--framework=torch", "intro"], None, "torch"),
    ],
)
def test_the_framework_is_an_option_or_a_variable(monkeypatch, words, variable, framework):
    monkeypatch.setenv("FRAMEWORK", variable or "")
    monkeypatch.setattr(sys, "argv", ["tools", *words])
    assert entrance.framework() == framework
    assert os.environ["FRAMEWORK"] == (framework or "")


def test_an_unknown_framework_is_told_in_one_sentence():
    process = start("execute", FRAMEWORK="jax")
    said = process.communicate()
    assert process.returncode == 1
    assert said == ("", "FRAMEWORK is 'jax'; it may be keras or torch, or be left out.\n")


def test_an_unknown_page_is_told_in_one_sentence_that_lists_those_there_are(book):
    for slug in ("intro", "part/page"):
        book.page(book.cell("x = 1"), slug=slug)
    ended = call("execute", "part/pages")
    assert ended.exit_code == 1
    assert ended.stderr == "\nThere is no page 'part/pages' with code; there are intro, part/page.\n"


@pytest.mark.parametrize("name", ["part/plain", "chapters/part/plain.md"])
def test_a_page_may_be_named_by_its_slug_or_its_file(executed, name, monkeypatch):
    monkeypatch.delenv("FRAMEWORK", raising=False)
    ended = call("execute", name)
    assert ended.exit_code == 0
    assert ended.stdout.startswith("  executed editions up to date:")


def test_what_is_wrong_with_a_page_ends_in_its_message_and_1(book):
    book.page(book.cell("x = 1", "unknown"))
    ended = call("execute")
    assert ended.exit_code == 1
    assert (
        ended.stderr.startswith("\nchapters/part/page.md, line 13: the tag 'unknown'")
        and "Traceback" not in ended.stderr
    )


def test_ctrl_c_in_a_command_ends_in_one_calm_sentence(monkeypatch):
    def interrupt(parts):
        raise KeyboardInterrupt

    monkeypatch.setattr(testing, "run", interrupt)
    ended = call("test")
    assert (ended.exit_code, ended.stderr) == (130, f"\n{STOPPED}\n")


def test_parts_to_test_are_handed_on(monkeypatch):
    asked = []
    monkeypatch.setattr(testing, "run", asked.append)
    assert call("test", "unit", "book").exit_code == call("check").exit_code == call("test").exit_code == 0
    assert asked == [["unit", "book"], ["sources", "unit"], None]


def test_the_site_is_shown_only_where_it_was_built_and_the_port_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "HTML", tmp_path)
    ended = call("serve")
    assert (ended.exit_code, ended.stderr) == (1, "\nThere is no built book to show: give `make book` first.\n")
    (tmp_path / "index.html").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = call("serve", "--port", str(port))
    assert ended.exit_code == 1 and f"Port {port} cannot be used" in ended.stderr


def test_clean_removes_what_was_generated_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "_build" / "html").mkdir(parents=True)
    for kept in (".venv", "my-notebooks"):
        (tmp_path / kept).mkdir()
    monkeypatch.setattr(commands, "BUILD", tmp_path / "_build")
    assert call("clean").exit_code == call("clean").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {".venv", "my-notebooks"}


def make_would_run(*words: str) -> str:
    """What make would call, also where it is a make that runs these tests."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "-n", *words]
    return subprocess.run(command, cwd=paths.ROOT, env=surroundings, capture_output=True, text=True, check=True).stdout


def test_make_calls_the_command_of_the_same_name():
    for target in (*sorted(NAMES - {"execute"}), "help"):
        said = make_would_run(target, "PYTHON=/a folder/python")
        assert said == f'"/a folder/python" -m tools {"--help" if target == "help" else target}\n'
    assert make_would_run().endswith(" book\n")


@pytest.fixture
def slow(book) -> Path:
    """A project of its own, tools and all, with one page that is soon done and one that takes long."""
    shutil.copytree(paths.ROOT / "tools", book.root / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    (book.root / "marks").mkdir()
    mark = f"import os, pathlib, time\n(pathlib.Path({str(book.root / 'marks')!r}) / str(os.getpid())).touch()\n"
    book.page(book.cell("x = 1"), slug="a/first")
    book.page(book.cell(mark + "time.sleep(120)"), slug="b/second")
    return book.root


def lives(process: int) -> bool:
    """Whether there is such a process, and it is more than its parent's memory of it."""
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes under /proc")
def test_ctrl_c_while_kernels_run_leaves_no_kernel_and_nothing_half_written(slow):
    process = start("execute", cwd=slow, FRAMEWORK="")
    until = time.monotonic() + 100
    while len(list((slow / "marks").iterdir())) < 2 and time.monotonic() < until:
        time.sleep(0.1)
    kernels = [int(path.name) for path in (slow / "marks").iterdir()]
    assert len(kernels) == 2 and all(map(lives, kernels))
    os.killpg(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complained == f"\n{STOPPED}\n"
    assert [line.split()[2] for line in said.splitlines()] == ["a/first", "a/first"]
    until = time.monotonic() + 10
    while any(map(lives, kernels)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(map(lives, kernels))
    written = sorted(path.name for path in (slow / "_build").rglob("*") if path.is_file())
    assert written == ["first.ipynb"] * 4 + ["second.ipynb"] * 2
    assert not (slow / "_build" / "executed" / "keras" / "b").exists()
