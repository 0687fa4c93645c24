"""`vivavoce models`: the model catalogue on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TaskID, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from vivavoce.domain.errors import VivavoceError
from vivavoce.engines.catalogue import Model, catalogue, find_model, status, verify
from vivavoce.engines.catalogue_pull import OnProgress, Progress, pull
from vivavoce.settings import configured

app = typer.Typer(help="The models: list, fetch and verify them.", no_args_is_help=True)

DirectoryOption = Annotated[
    Path | None, typer.Option("--models-dir", help="Where models live (VIVAVOCE_MODELS_DIR, or DATA_DIR/models).")
]
NamesArgument = Annotated[list[str] | None, typer.Argument(help="Models by name; none for the embedded set.")]


def models_directory(given: Path | None = None) -> Path:
    """Where models live: the option, `VIVAVOCE_MODELS_DIR`, or `models` in the data directory; other settings may be
    wrong or missing. Raises SettingsError."""
    if given is not None:
        return given
    named = configured("MODELS_DIR")
    if named:
        return Path(named)
    return Path(configured("DATA_DIR") or os.environ.get("DATA_DIR") or "data") / "models"


@app.command("list")
def list_models(models_dir: DirectoryOption = None) -> None:
    """Every model: its job, languages, licence, size, sources and whether it is here."""
    root = models_directory(models_dir)
    table = Table("model", "for", "languages", "licence", "MB", "here", "sources")
    for model in catalogue():
        found = status(root, model)
        table.add_row(
            model.name,
            model.job + (" (embedded)" if model.embedded else ""),
            " ".join(model.languages),
            model.licence,
            f"{model.download_bytes / 1e6:.0f}" if model.download_bytes else "?",
            found.state + (f": {found.problem}" if found.problem else ""),
            "\n".join(source.describe() for source in model.sources),
        )
    Console().print(table)


@app.command("pull")
def pull_models(
    names: NamesArgument = None,
    models_dir: DirectoryOption = None,
    force: Annotated[bool, typer.Option("--force", help="Fetch again what is here.")] = False,
) -> None:
    """Fetch models; goes on where an earlier pull stopped."""
    root = models_directory(models_dir)
    models = [model for model in _named(names) if force or status(root, model).state != "installed"]
    console = Console(stderr=True)
    if not models:
        console.print("Nothing to fetch: the models are here.")
        return
    failed = False
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bars(*columns, console=console) as bars:
        for model in models:
            task = bars.add_task(model.name, total=model.download_bytes or None)
            try:
                pull(root, model, _shown_on(bars, task), force=force)
            except VivavoceError as error:
                failed = True
                bars.update(task, description=f"{model.name}: failed")
                console.print(error.details)
    if failed:
        raise typer.Exit(1)


@app.command("verify")
def verify_models(names: NamesArgument = None, models_dir: DirectoryOption = None) -> None:
    """Read every byte of the installed models and compare."""
    root = models_directory(models_dir)
    console = Console()
    damaged = False
    for model in _named(names) if names else catalogue():
        found = verify(root, model)
        damaged = damaged or found.state == "damaged" or (found.state == "missing" and bool(names))
        console.print(f"{model.name}: {found.state}" + (f" ({found.problem})" if found.problem else ""))
    if damaged:
        raise typer.Exit(1)


def _named(names: list[str] | None) -> tuple[Model, ...]:
    try:
        return tuple(map(find_model, names)) if names else tuple(model for model in catalogue() if model.embedded)
    except VivavoceError as error:
        raise typer.BadParameter(error.details) from error


def _shown_on(bars: Bars, task: TaskID) -> OnProgress:
    def show(progress: Progress) -> None:
        stage = "" if progress.stage in {"fetching", "done"} else f" ({progress.stage})"
        bars.update(task, completed=progress.done_bytes, description=progress.name + stage)

    return show
