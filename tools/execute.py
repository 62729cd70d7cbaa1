"""Runs editions, each once in a kernel of its own, two at a time, and knows which of them are stale."""

import ast
import asyncio
import contextlib
import datetime
import functools
import hashlib
import json
import os
import platform
import re
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import editions, environment
from tools.errors import BuildError
from tools.paths import EXECUTED, ROOT
from utils import data, provenance
from utils.runtime import notebook_environment

AT_ONCE = 2
CELL_SECONDS = 300
# Evaluated from left to right: what the notebook used is noted before the question itself imports more.
REPORT = """__import__("json").dumps({
    "used": __import__("utils.provenance", fromlist=["_"]).report(),
    "versions": __import__("utils.runtime", fromlist=["_"]).versions(),
})"""


@dataclass(frozen=True)
class Job:
    """An edition to run, and the reason why."""

    page: str
    text: str
    framework: str
    edition: NotebookNode
    reason: str


def executed_path(framework: str, page: str) -> Path:
    """Where the executed edition of page `part/page` is kept."""
    return EXECUTED / framework / f"{page}.ipynb"


def staleness(text: str, framework: str) -> str | None:
    """Why the executed edition of a page no longer shows what it would print now, or None where it does.

    Runs nothing: compares what the edition noted after its run with the files as they are.
    """
    noted = notes(framework, editions.slug(text))
    if not noted:
        return "it has not been run yet"
    if noted["code"] != editions.code_hash(text, framework):
        return "its code changed"
    if noted["pins"] != pins_hash(framework):
        return "Python or the pinned versions changed"
    for name, checksum in noted["used"]["files"].items():
        if provenance.file_hash(ROOT / name) != checksum:
            return f"{name} changed"
    for name, facts in noted["used"]["data"].items():
        source, checksum = data.identity(name)
        if (source, checksum) != (facts["source"], facts["checksum"]):
            return f"its data changed: {name} is now the {source}"
    return None


def notes(framework: str, page: str) -> dict:
    """What an executed edition notes of its run: code, pins, used, versions, printed, seconds, date; {} without one."""
    return editions.notes(executed_path(framework, page))


@functools.cache
def pins_hash(framework: str) -> str:
    """SHA-256 of the Python version and the pinned packages that an edition of this framework can see."""
    return _hash([platform.python_version(), *environment.pins(("both", framework))])


def _hash(texts: list[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def run(wanted: dict[str, str], frameworks: tuple[str, ...]) -> None:
    """Bring the executed editions of these pages (slug → text) up to date, and check what they print.

    Raises:
        BuildError: a cell failed, or printed differently in the two editions; nothing of a failed run is kept.
    """
    jobs = []
    for page, text in wanted.items():
        editions.make(page, text, frameworks)
        for framework in frameworks:
            if reason := staleness(text, framework):
                edition = nbformat.read(editions.edition_path(framework, page), as_version=4)
                jobs.append(Job(page, text, framework, edition, reason))
    asyncio.run(_run_all(jobs))
    if not jobs:
        print(f"  {len(wanted) * len(frameworks)} executed editions are up to date.")
    for page, text in wanted.items():
        check_equal(page, text, frameworks)


async def _run_all(jobs: list[Job]) -> None:
    """Run them, some at once; where one fails, or on Ctrl-C, the others and their kernels are ended too."""
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(job: Job) -> None:
        nonlocal done
        async with gate:
            start = time.perf_counter()
            await _run_edition(job)
            done += 1
            spent = f"{time.perf_counter() - start:.1f} s"
            print(f"  [{done}/{len(jobs)}] {job.framework:5}  {job.page}  {spent}  ({job.reason})", flush=True)

    try:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(one(job))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _run_edition(job: Job) -> None:
    """Run one edition from its first cell to its last, and keep it with notes of what it used."""
    started = time.time()
    async with _kernel(job.edition) as client:
        for index, cell in enumerate(job.edition.cells):
            await _run_cell(client, job, cell, index)
        answer = await _ask(client, REPORT)
    for cell in job.edition.cells:
        if cell.cell_type == "code":
            cell.outputs = _tidied(cell.outputs)
            _check_figures(job, cell)
    job.edition.metadata["learning_to_see"] |= {
        "code": editions.code_hash(job.text, job.framework),
        "pins": pins_hash(job.framework),
        "used": _unless_changed(answer["used"], started),
        "versions": answer["versions"],
        "printed": _hash([text_of(cell) for cell in job.edition.cells if _is_shared(cell)]),
        "seconds": round(time.time() - started, 1),
        "date": datetime.date.today().isoformat(),
    }
    editions.write(executed_path(job.framework, job.page), job.edition)


@contextlib.asynccontextmanager
async def _kernel(edition: NotebookNode) -> AsyncIterator[NotebookClient]:
    """A kernel in an empty folder, ended with all its processes on the way out.

    nbclient's own `async_setup_kernel` would take Ctrl-C away from us and end one kernel of two.
    """
    quiet = ["--log-level=ERROR"]
    client = NotebookClient(edition, timeout=CELL_SECONDS, record_timing=False, extra_arguments=quiet)
    manager = client.create_kernel_manager()
    surroundings = {**os.environ, **notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            await client.async_start_new_kernel(env=surroundings, cwd=folder)
            await client.async_start_new_kernel_client()
            yield client
        finally:
            if client.kc:
                client.kc.stop_channels()
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)


async def _run_cell(client: NotebookClient, job: Job, cell: NotebookNode, index: int) -> None:
    try:
        await client.async_execute_cell(cell, index)
    except CellExecutionError:
        trace = next("\n".join(output.traceback) for output in cell.outputs if output.output_type == "error")
        raise _failure(job, cell, plain(trace)) from None
    except CellTimeoutError:
        raise _failure(job, cell, f"It was not done after {CELL_SECONDS} seconds.") from None
    except DeadKernelError:
        if asyncio.current_task().cancelling():  # which nbclient takes for the kernel's death
            raise asyncio.CancelledError from None
        raise _failure(job, cell, "Its kernel died: out of memory, or the process was ended.") from None


async def _ask(client: NotebookClient, expression: str) -> dict:
    """Evaluate an expression that gives JSON in the notebook's kernel, outside its cells."""
    request = client.kc.execute("", silent=True, store_history=False, user_expressions={"answer": expression})
    while (reply := await client.kc.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != request:
        pass
    answer = reply["content"]["user_expressions"]["answer"]
    if answer["status"] != "ok":
        raise BuildError(f"A kernel could not say what it used: {answer['evalue']}.")
    return json.loads(ast.literal_eval(answer["data"]["text/plain"]))


def _unless_changed(used: dict, started: float) -> dict:
    """What a run used; files written since it began get no checksum: which version it saw cannot be known."""
    for name in used["files"]:
        path = ROOT / name
        if path.is_file() and path.stat().st_mtime > started:
            used["files"][name] = "changed during the run"
    return used


def _tidied(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without stderr; text that happened to arrive in several pieces becomes one."""
    kept: list[NotebookNode] = []
    for output in outputs:
        if output.output_type != "stream":
            kept.append(output)
        elif output.name == "stdout" and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        elif output.name == "stdout":
            kept.append(output)
    return kept


def _check_figures(job: Job, cell: NotebookNode) -> None:
    for output in cell.outputs:
        for kind in output.get("data", {}):
            if kind.startswith("image/") and not output.metadata.get(kind, {}).get("alt"):
                rule = "draw it through utils.plots, with alt= saying what it shows"
                place = _place(job.page, job.text, cell.metadata["source_cell"])
                raise BuildError(f"{place}: a figure has no alternative text: {rule}.\n\n{_indent(cell.source)}")


def _failure(job: Job, cell: NotebookNode, said: str) -> BuildError:
    place = _place(job.page, job.text, cell.metadata.get("source_cell"))
    edition = editions.LABELS[job.framework]
    return BuildError(f"{place}: a cell of the {edition} edition failed.\n\n{_indent(cell.source)}\n\n{_indent(said)}")


def _place(page: str, text: str, cell: int | None) -> str:
    """File and line of a page's cell; the first cell of an edition, which `editions` adds, stands in no page."""
    line = "" if cell is None else f", line {editions.read_page(text).metadata.source_map[cell]}"
    return f"chapters/{page}.md{line}"


def plain(text: str) -> str:
    """Text without terminal color codes."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _indent(text: str) -> str:
    return textwrap.indent(text, "    ")


def text_of(cell: NotebookNode) -> str:
    """The text a code cell printed or returned, pictures and stderr left out."""
    printed = [
        output.text if output.output_type == "stream" else output.get("data", {}).get("text/plain", "")
        for output in cell.get("outputs", [])
        if output.output_type != "error"
    ]
    return re.sub(r"0x[0-9a-f]{6,}", "0xADDRESS", "".join(printed))


def check_equal(page: str, text: str, frameworks: tuple[str, ...]) -> None:
    """Untagged cells must print the same in both editions: that is what shown without a tab means.

    Raises:
        BuildError: a cell printed differently, with its source and both texts.
    """
    if len({notes(name, page)["printed"] for name in frameworks}) < 2:
        return
    notebook = editions.read_page(text)
    printed = {editions.LABELS[name]: _printed(notebook, page, name) for name in frameworks}
    for index, cell in enumerate(notebook.cells):
        said = {label: texts[index] for label, texts in printed.items() if index in texts}
        if _is_shared(cell) and len(set(said.values())) > 1:
            both = "\n".join(f"  {label}:\n{_indent(words)}" for label, words in said.items())
            raise BuildError(
                f"{_place(page, text, index)}: an untagged cell prints differently in the two editions; tag it "
                f"`each`, or `volatile` if it measures time.\n\n{_indent(cell.source)}\n\n{both}"
            )


def _is_shared(cell: NotebookNode) -> bool:
    """Whether a cell is shown once for both editions, and must print the same in both."""
    return cell.cell_type == "code" and not editions.tags_of(cell) & {*editions.WHOSE, "volatile"}


def _printed(notebook: NotebookNode, page: str, framework: str) -> dict[int, str]:
    """What each code cell of a page printed, by its place in the page as it is now: prose may have come or gone."""
    ran = nbformat.read(executed_path(framework, page), as_version=4)
    code = [cell for cell in ran.cells if cell.cell_type == "code" and "source_cell" in cell.metadata]
    return {index: text_of(cell) for index, cell in zip(editions.code_cells(notebook, framework), code, strict=True)}
