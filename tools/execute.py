"""Runs stale editions, each once in a kernel of its own, two at a time."""

import ast
import asyncio
import contextlib
import datetime
import json
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TextIO

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import editions, outputs
from tools.errors import BuildError, quoted
from tools.paths import ROOT
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


def run(wanted: dict[str, str], frameworks: tuple[str, ...]) -> None:
    """Bring the executed editions of these pages (slug → text) up to date, and check what they print.

    Raises:
        BuildError: a cell failed, or printed differently in the two editions; nothing of a failed run is kept.
    """
    jobs = []
    for page, text in wanted.items():
        editions.make(page, text, frameworks)
        for framework in frameworks:
            if reason := outputs.staleness(text, framework):
                edition = editions.split(editions.read_page(text), framework)
                jobs.append(Job(page, text, framework, edition, reason))
    asyncio.run(_run_all(jobs))
    if not jobs:
        print(f"  executed editions up to date: {len(wanted) * len(frameworks)}")
    for page, text in wanted.items():
        outputs.check_equal(page, text, frameworks)


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
    async with _kernel(job.edition) as (client, log):
        for index, cell in enumerate(job.edition.cells):
            try:
                await client.async_execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                if asyncio.current_task().cancelling():  # which nbclient takes for the kernel's death
                    raise asyncio.CancelledError from None
                raise _failure(job, cell, _reason(error, cell, log)) from None
        answer = await _ask(client, REPORT)
    for cell in job.edition.cells:
        if cell.cell_type == "code":
            cell.outputs = _tidied(cell.outputs)
            _check_figures(job, cell)
    job.edition.metadata["learning_to_see"] |= {
        "code": editions.code_hash(job.text, job.framework),
        "pins": outputs.pins_hash(job.framework),
        "used": _unless_changed(answer["used"], started),
        "versions": answer["versions"],
        "printed": outputs.printed_hash(job.edition),
        "seconds": round(time.time() - started, 1),
        "date": datetime.date.today().isoformat(),
    }
    editions.write(outputs.executed_path(job.framework, job.page), job.edition)


@contextlib.asynccontextmanager
async def _kernel(edition: NotebookNode) -> AsyncIterator[tuple[NotebookClient, TextIO]]:
    """A kernel in an empty folder, ended with all its processes on the way out; and what it says past its cells.

    nbclient's own `async_setup_kernel` would take Ctrl-C away from us and end one kernel of two.
    """
    quiet = ["--log-level=ERROR"]
    client = NotebookClient(edition, timeout=CELL_SECONDS, record_timing=False, extra_arguments=quiet)
    manager = client.create_kernel_manager()
    surroundings = {**os.environ, **notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+", errors="replace") as log, tempfile.TemporaryDirectory() as folder:
        try:
            await client.async_start_new_kernel(env=surroundings, cwd=folder, stdout=log, stderr=log)
            await client.async_start_new_kernel_client()
            yield client, log
        finally:
            if client.kc:
                client.kc.stop_channels()
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)


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


def _tidied(given: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without stderr; text that happened to arrive in several pieces becomes one."""
    kept: list[NotebookNode] = []
    for output in given:
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
                place = editions.place(job.text, cell.metadata["source_cell"])
                raise BuildError(f"{place}: a figure has no alternative text: {rule}.\n\n{quoted(cell.source)}")


def _reason(error: Exception, cell: NotebookNode, log: TextIO) -> str:
    if isinstance(error, CellExecutionError):
        return plain(next("\n".join(output.traceback) for output in cell.outputs if output.output_type == "error"))
    if isinstance(error, CellTimeoutError):
        return f"It was not done after {CELL_SECONDS} seconds."
    log.seek(0)
    return f"Its kernel died: out of memory, or the process was ended.\n{log.read()[-2000:]}".strip()


def _failure(job: Job, cell: NotebookNode, said: str) -> BuildError:
    place = editions.place(job.text, cell.metadata.get("source_cell"))
    edition = editions.LABELS[job.framework]
    return BuildError(f"{place}: a cell of the {edition} edition failed.\n\n{quoted(cell.source)}\n\n{quoted(said)}")


def plain(text: str) -> str:
    """Text without terminal color codes."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)
