"""Which data sets and weights there are, where they lie on this machine, and how to get and check the originals."""

from typing import Annotated

import typer

from utils.data import files, identity, originals, registry
from utils.data.publications import WEIGHTS_FOLDER, DataSet, File, Publication, Weights

NOTHING = ("no", "there is none")  # where an original is not on disk, or was never published
PLACES = {
    "published": "on disk",
    "folders": "class folders",
    "zip": "a zip of class folders",
    "converted": "in another layout, unchecked",
}
CHECKSUMS = {"sha256": "SHA-256", "md5": "MD5"}

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, help=__doc__
)


@app.command("list")
def list_() -> None:
    """Show all data sets and weights: size, license, what is on disk, what is used, what is checked."""
    rows = [("name", "images", "size", "license", "original", "load uses")]
    for dataset in registry.DATASETS.values():
        size = f"{dataset.size / 1e6:.1f} MB" if dataset.files else "-"
        used = identity(dataset.name)[0] if dataset.files else "what is drawn"
        images = f"{sum(dataset.splits.values()):,}"
        rows.append((dataset.name, images, size, dataset.license, _place(dataset), used))
    _echo_table(rows)
    rows = [("weights", "size", "license", "checked by", "original")]
    for weights in registry.WEIGHTS.values():
        checksum = CHECKSUMS[weights.files[0].algorithm]
        rows.append((weights.name, f"{weights.size / 1e6:.1f} MB", weights.license, checksum, _place(weights)))
    typer.echo()
    _echo_table(rows)


def _echo_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def _place(dataset: DataSet | Weights) -> str:
    """What is on disk of an original, in a few words."""
    original, found = originals.find(dataset), len(files.on_disk(dataset))
    if original is not None:
        return PLACES[original.form]
    if not dataset.files:
        return NOTHING[1]
    return f"{found} of {len(dataset.files)} files" if found else NOTHING[0]


@app.command()
def where() -> None:
    """Show the folders of originals, weights, twins and decoded photos, and how much is in the last two."""
    typer.echo(f"originals  {files.data_directory()}  (LEARNING_TO_SEE_DATA moves it)")
    typer.echo(f"weights    {files.data_directory() / WEIGHTS_FOLDER}")
    for name, folder in (("twins", files.twin_directory()), ("decoded", files.decoded_directory())):
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        typer.echo(f"{name:<9}  {folder}  ({size / 1e6:.1f} MB, made again when it is deleted)")


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
    every = (*registry.DATASETS.values(), *registry.WEIGHTS.values())
    chosen = _found(names) if names else [each for each in every if _place(each) not in NOTHING]
    if not chosen:
        typer.echo(f"There is no original in {files.data_directory()}.")
    broken = [dataset for dataset in chosen if not _verify_all(dataset)]
    if broken:
        raise typer.Exit(1)


def _verify_all(dataset: DataSet | Weights) -> bool:
    """Whether the published files are right; class folders and conversions have nothing published to compare with."""
    original = originals.find(dataset)
    if original is None or original.form == "published":
        broken = [file for file in dataset.files if not _verify(dataset, file)]
        return not broken
    if original.form == "converted":
        typer.echo(
            f"{dataset.name}: {original.path} holds the weights in another layout, whose checksum nobody published."
        )
        return True
    typer.echo(
        f"{dataset.name}: {original.path} holds class folders, whose checksums nobody published; "
        "utils.data.folders.scan looks through them."
    )
    return True


def _verify(dataset: Publication, file: File) -> bool:
    try:
        files.verified(dataset, file)
    except (FileNotFoundError, ValueError) as error:
        typer.echo(str(error), err=True)
        return False
    typer.echo(f"{dataset.name}/{file.name}: as published")
    return True


def _found(names: list[str]) -> list[DataSet | Weights]:
    try:
        found = [registry.find(name) for name in names]
    except ValueError as error:
        raise _failure(str(error), 2) from error
    drawn = [dataset.name for dataset in found if not dataset.files]
    if drawn:
        raise _failure(f"{drawn[0]} has no original: this course draws it.", 2)
    return found


def _failure(message: str, code: int) -> typer.Exit:
    typer.echo(message, err=True)
    return typer.Exit(code)


if __name__ == "__main__":
    app(prog_name="python -m utils.data")
