"""Which data sets there are, where they lie on this machine, and how to get and check the originals."""

from typing import Annotated

import typer

from utils.data import files, identity, registry

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__
)


@app.command("list")
def list_() -> None:
    """Show all data sets: size, license, what is on disk, what is used."""
    rows = [("name", "images", "size", "license", "original", "load uses")]
    for dataset in registry.DATASETS.values():
        found = len(files.on_disk(dataset))
        place = (
            "on disk" if found == len(dataset.files) else f"{found} of {len(dataset.files)} files" if found else "no"
        )
        size, images = f"{dataset.size / 1e6:.1f} MB", f"{sum(dataset.splits.values()):,}"
        rows.append((dataset.name, images, size, dataset.license, place, identity(dataset.name)[0]))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


@app.command()
def where() -> None:
    """Show the folders of the originals and of the twins."""
    typer.echo(f"originals  {files.data_directory()}  (LEARNING_TO_SEE_DATA moves it)")
    typer.echo(f"twins      {files.twin_directory()}")


@app.command()
def download(names: Annotated[list[str], typer.Argument(metavar="NAME…")]) -> None:
    """Download originals, or go on with a download that was cut off."""
    from utils.data import fetch  # the other commands need no network library

    for dataset in _found(names):
        typer.echo(f"{dataset.title}: {dataset.size / 1e6:.1f} MB, license {dataset.license}")
        try:
            folder = fetch.download(dataset)
        except fetch.DownloadError as error:
            raise _failure(str(error), 1) from error
        typer.echo(f"{dataset.name}: the original is in {folder}")


@app.command()
def verify(names: Annotated[list[str] | None, typer.Argument(metavar="[NAME…]")] = None) -> None:
    """Check originals on disk against their published checksums."""
    chosen = _found(names) if names else [dataset for dataset in registry.DATASETS.values() if files.on_disk(dataset)]
    if not chosen:
        typer.echo(f"There is no original in {files.data_directory()}.")
    broken = [file for dataset in chosen for file in dataset.files if not _verify(dataset, file)]
    if broken:
        raise typer.Exit(1)


def _verify(dataset: registry.DataSet, file: registry.File) -> bool:
    try:
        files.verified(dataset, file)
    except (FileNotFoundError, ValueError) as error:
        typer.echo(str(error), err=True)
        return False
    typer.echo(f"{dataset.name}/{file.name}: as published")
    return True


def _found(names: list[str]) -> list[registry.DataSet]:
    try:
        return [registry.find(name) for name in names]
    except ValueError as error:
        raise _failure(str(error), 2) from error


def _failure(message: str, code: int) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


if __name__ == "__main__":
    app(prog_name="python -m utils.data")
