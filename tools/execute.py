"""Runs editions, each once in a kernel of its own, two at a time, and knows which of them are stale."""

import ast
import asyncio
import datetime
import functools
import hashlib
import json
import os
import platform
import re
import sys
import time
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
REPORT = "__import__('json').dumps(__import__('utils.provenance', fromlist=['_']).report())"
VERSIONS = "__import__('json').dumps(__import__('utils.runtime', fromlist=['_']).versions())"


def executed_path(framework: str, page: str) -> Path:
    """Where the executed edition of page `part/page` is kept."""
    return EXECUTED / framework / f"{page}.ipynb"


def staleness(text: str, framework: str) -> str | None:
    """Why the executed edition of a page no longer shows what it would print now, or None where it does.

    Runs nothing: compares what the edition noted after its run with the files as they are.
    """
    edition = editions.split(editions.read_page(text), framework)
    path = executed_path(framework, edition.metadata["learning_to_see"]["slug"])
    if not path.is_file():
        return "it has not been run yet"
    notes = _notes(path, path.stat().st_mtime_ns)
    if notes["code"] != editions.code_hash(edition):
        return "its code changed"
    if notes["pins"] != pins_hash(framework):
        return "Python or the pinned versions changed"
    for name, checksum in notes["used"]["files"].items():
        if provenance.file_hash(ROOT / name) != checksum:
            return f"{name} changed"
    for name, facts in notes["used"]["data"].items():
        source, checksum = data.identity(name)
        if (source, checksum) != (facts["source"], facts["checksum"]):
            return f"its data changed: {name} is now the {source}"
    return None


@functools.lru_cache(maxsize=None)
def _notes(path: Path, _changed: int) -> dict:
    return json.loads(path.read_text("utf8"))["metadata"]["learning_to_see"]


@functools.cache
def pins_hash(framework: str) -> str:
    """SHA-256 of the Python version and the pinned packages that an edition of this framework can see."""
    visible = environment.pins(("both", framework))
    return hashlib.sha256(json.dumps([platform.python_version(), visible]).encode()).hexdigest()


def run(wanted: dict[str, str], frameworks: tuple[str, ...]) -> None:
    """Bring the executed editions of these pages (slug → text) up to date, and check what they print.

    Raises:
        BuildError: a cell failed, or printed differently in the two editions; nothing of a failed run is kept.
    """
    jobs = []
    for page, text in wanted.items():
        made = editions.make(page, text, frameworks)
        jobs += [(page, text, name, edition) for name, edition in made.items() if staleness(text, name)]
    if jobs:
        asyncio.run(_run_all(jobs))
    for page, text in wanted.items():
        check_equal(page, text, frameworks)


async def _run_all(jobs: list[tuple[str, str, str, NotebookNode]]) -> None:
    gate, done = asyncio.Semaphore(AT_ONCE), 0

    async def one(page: str, text: str, framework: str, edition: NotebookNode) -> None:
        nonlocal done
        async with gate:
            start = time.perf_counter()
            await _run_edition(page, text, framework, edition)
            done += 1
            print(f"  [{done}/{len(jobs)}] {framework:5}  {page}  {time.perf_counter() - start:.1f} s", flush=True)

    tasks = [asyncio.create_task(one(*job)) for job in jobs]
    try:
        await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)  # lets every kernel be shut down
        raise


async def _run_edition(page: str, text: str, framework: str, edition: NotebookNode) -> None:
    start = time.perf_counter()
    client = NotebookClient(edition, timeout=CELL_SECONDS, resources={"metadata": {"path": str(ROOT)}})
    surroundings = {**os.environ, **notebook_environment(threads=1), "PYTHONPATH": str(ROOT)}
    async with client.async_setup_kernel(env=surroundings):
        for index, cell in enumerate(edition.cells):
            try:
                await client.async_execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                raise BuildError(_failure(page, text, framework, cell, error)) from None
        used = await _ask(client, REPORT)
        versions = await _ask(client, VERSIONS)
    _tidy(edition, page, framework)
    edition.metadata["learning_to_see"] |= {
        "code": editions.code_hash(edition),
        "pins": pins_hash(framework),
        "used": used,
        "versions": versions,
        "seconds": round(time.perf_counter() - start, 1),
        "date": datetime.date.today().isoformat(),
    }
    editions.write(executed_path(framework, page), edition)


async def _ask(client: NotebookClient, expression: str) -> dict:
    """Evaluate an expression that gives JSON in the notebook's kernel, outside its cells."""
    request = client.kc.execute("", silent=True, store_history=False, user_expressions={"answer": expression})
    while (reply := await client.kc.get_shell_msg(timeout=60))["parent_header"].get("msg_id") != request:
        pass
    answer = reply["content"]["user_expressions"]["answer"]
    if answer["status"] != "ok":
        raise BuildError(f"The kernel could not say what it used: {answer['evalue']}.")
    return json.loads(ast.literal_eval(answer["data"]["text/plain"]))


def _failure(page: str, text: str, framework: str, cell: NotebookNode, error: Exception) -> str:
    index = cell.metadata.get("source_cell")
    line = f", line {editions.read_page(text).metadata.source_map[index] + 1}" if index is not None else ""
    said = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    trace = "\n".join(said[0].traceback) if said else str(error) or type(error).__name__
    return (
        f"chapters/{page}.md{line}: a cell of the {editions.LABELS[framework]} edition failed.\n\n"
        f"{_indent(cell.source)}\n\n{_indent(plain(trace))}"
    )


def plain(text: str) -> str:
    """Text without terminal color codes."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _tidy(edition: NotebookNode, page: str, framework: str) -> None:
    """Leave out what differs from run to run (stderr, times, execution counts' gaps) and refuse pictures without words."""
    for cell in edition.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
        for output in cell.outputs:
            if "image/png" in output.get("data", {}) and not output.metadata.get("image/png", {}).get("alt"):
                raise BuildError(
                    f"chapters/{page}.md, {framework} edition: a figure has no alternative text: draw it through "
                    f"utils.plots, with alt= saying what it shows.\n\n{_indent(cell.source)}"
                )


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
    if len(frameworks) < 2:
        return
    first, second = (_shared_cells(executed_path(name, page)) for name in frameworks)
    for index in first:
        if first[index][1] != second[index][1]:
            line = editions.read_page(text).metadata.source_map[index] + 1
            raise BuildError(
                f"chapters/{page}.md, line {line}: an untagged cell prints differently in the two editions; tag it "
                f"`each`, or `volatile` if it measures time.\n\n{_indent(first[index][0])}\n\n"
                + "\n".join(f"  {editions.LABELS[n]}:\n{_indent(p)}" for n, p in zip(frameworks, (first[index][1], second[index][1])))
            )


def _shared_cells(path: Path) -> dict[int, tuple[str, str]]:
    notebook = nbformat.read(path, as_version=4)
    special = {*editions.FRAMEWORKS, "each", "volatile"}
    return {
        cell.metadata["source_cell"]: (cell.source, text_of(cell))
        for cell in notebook.cells
        if cell.cell_type == "code" and "source_cell" in cell.metadata and not editions.tags_of(cell) & special
    }


if __name__ == "__main__":
    sys.exit("Run it as: python -m tools execute [PAGE …]")
