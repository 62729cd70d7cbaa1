"""The commands of `python -m tools` (and of make): each a thin call of the module that does the work.

Every command imports what it needs by itself, so that `--help` needs nothing but Typer and answers at once.
"""

import functools
import http.server
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from tools.errors import STOPPED, BuildError
from tools.labs import commands as labs_commands
from tools.paths import BUILD, HTML, ROOT, slug

app = typer.Typer(
    help="Build, run, test and measure *Learning to See*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
Pages = Annotated[list[str] | None, typer.Argument(help="Pages such as foundations/convolution; none means all.")]
Framework = Annotated[
    str | None, typer.Option(envvar="FRAMEWORK", help="keras or torch: install, run and show this one only.")
]


labs_app = typer.Typer(help="Write, prove and release labs.", no_args_is_help=True)
app.add_typer(labs_app, name="labs")


def _command(function: Callable, group: typer.Typer = app) -> Callable:
    """Register a command that shows a BuildError as its message, and leaves with 130 on Ctrl-C."""

    @group.command(function.__name__.replace("_", "-"))
    @functools.wraps(function)
    def run(*arguments, **options):
        try:
            return function(*arguments, **options)
        except BuildError as error:
            print(f"\n{error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            print(f"\n{STOPPED}", file=sys.stderr)
            raise typer.Exit(130) from None

    return run


def _wanted(pages: list[str] | None) -> dict[str, str]:
    """The pages asked for by name, slug → text, or all of them."""
    from tools import editions

    every = editions.pages()
    names = [slug(page.removesuffix(".md")) for page in pages or every]
    for name in names:
        if name not in every:
            raise BuildError(f"There is no page {name!r} with code; there are {', '.join(every)}.")
    return {name: every[name] for name in names}


@_command
def book(pages: Pages = None, framework: Framework = None) -> None:
    """Make and run the editions, build the site, say where to open it. With pages: only these are run."""
    from tools import site

    start = time.perf_counter()
    execute(pages, framework)
    site.build(framework)
    print(f"\nThe book is ready ({time.perf_counter() - start:.0f} s). Open it:\n  {(HTML / 'index.html').as_uri()}")


@_command
def execute(pages: Pages = None, framework: Framework = None) -> None:
    """Make and run the editions, without building the site."""
    from tools import editions
    from tools.execute import run

    run(_wanted(pages), editions.installed_frameworks())


@_command
def test(parts: Annotated[list[str] | None, typer.Argument(help="Parts to run; none means all.")] = None) -> None:
    """Run everything there is to test, offline, on the twins; print seconds by part and by edition."""
    from tools import testing

    testing.run(parts)


@_command
def check() -> None:
    """The fast tests: sources and unit tests."""
    from tools import testing

    testing.run(["sources", "unit"])


@_command
def test_originals() -> None:
    """Run the pages and the tests that want the published data sets on them ($LEARNING_TO_SEE_DATA)."""
    from tools import testing

    testing.run_originals()


@_command
def results(names: Annotated[list[str] | None, typer.Argument(help="Measurements; none means all.")] = None) -> None:
    """Measure accuracy bands over seeds on the original data, into results/. Takes hours in full; resumes."""
    from tools import results as measurements

    measurements.run(names)


@_command
def bench(names: Annotated[list[str] | None, typer.Argument(help="Benchmarks; none means all.")] = None) -> None:
    """Measure speed ratios against other libraries on this machine, in one run."""
    from tools import bench as benchmarks

    benchmarks.run(names)


@_command
def pretrain(names: Annotated[list[str] | None, typer.Argument(help="Networks; none means all.")] = None) -> None:
    """Train the embedded weights again, on the original data, into utils/pretrained/. Takes an hour or two; resumes."""
    from tools import pretrain as pretraining

    pretraining.run(names)


@_command
def data() -> None:
    """Say which data sets there are, what is on disk, and how to get the rest."""
    raise typer.Exit(subprocess.run([sys.executable, "-m", "utils.data", "list"], cwd=ROOT, check=False).returncode)


@_command
def serve(port: int = 8000) -> None:
    """Show the built book on http://localhost:PORT until Ctrl-C."""
    if not (HTML / "index.html").is_file():
        raise BuildError("There is no built book to show: give `make book` first.")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=HTML)
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise BuildError(f"Port {port} cannot be used ({error.strerror}): name another one with --port.") from None
    print(f"http://localhost:{port}/ (Ctrl-C ends it)", flush=True)
    server.serve_forever()


@_command
def lab() -> None:
    """Open JupyterLab on notebooks of your own (my-notebooks), with the course's modules at hand."""
    from tools import desk

    desk.open_lab()


for labs_command in (labs_commands.new, labs_commands.check, labs_commands.release):
    _command(labs_command, labs_app)


@_command
def clean() -> None:
    """Remove everything generated (_build); the environment, the data and my-notebooks stay."""
    shutil.rmtree(BUILD, ignore_errors=True)
