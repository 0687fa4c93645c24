"""The `vivavoce` command."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from vivavoce import settings as settings_module
from vivavoce.ports import StoreUnavailableError
from vivavoce.settings import Settings, SettingsError

if TYPE_CHECKING:
    from vivavoce.bootstrap import House

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where everything is stored.")]

_ADMIN_EMAIL = "admin@localhost"


def main() -> None:
    """Run the command; a setting that cannot be used ends it with a sentence that names it."""
    try:
        app()
    except (SettingsError, StoreUnavailableError) as error:
        typer.secho(f"vivavoce: {error}", fg="red", err=True)
        sys.exit(2)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    data_dir: DataDir = None,
    workers: Annotated[int, typer.Option(min=1, help="Server processes; more than one needs PostgreSQL.")] = 1,
    ssl_certfile: Annotated[Path | None, typer.Option(help="Certificate, to serve TLS here.")] = None,
    ssl_keyfile: Annotated[Path | None, typer.Option(help="Its key.")] = None,
    sign_in_link: Annotated[bool, typer.Option(help="Print a one-time link for the administrator.")] = False,
    fetch_models: Annotated[bool, typer.Option(help="Download the models for voice that are missing.")] = False,
) -> None:
    """Serve the web app, the API and the sockets."""
    from vivavoce.observability import logs

    os.umask(0o077)  # what is stored is its owner's alone
    if workers > 1:
        raise SettingsError("--workers: SQLite has one writer; more than one process needs PostgreSQL and Redis")
    settings = _settings(host=host, port=port, data_dir=data_dir)
    tls = _tls(ssl_certfile, ssl_keyfile)
    logs.configure(settings.log_level, as_json=settings.mode == "production")
    _run(settings, tls, sign_in_link=sign_in_link, fetch_models=fetch_models)


def _run(settings: Settings, tls: ssl.SSLContext | None, *, sign_in_link: bool, fetch_models: bool) -> None:
    from vivavoce.app import run as run_house
    from vivavoce.gateway.server import run as run_loop
    from vivavoce.progress import ProgressLines
    from vivavoce.recognisers import InstalledSpeech

    speech = InstalledSpeech(settings, fetch=fetch_models, on_progress=ProgressLines(_say), tell=_say)
    link: list[str] = []
    scheme = "https" if tls else "http"

    async def before(house: House) -> None:
        if sign_in_link:
            admin = await house.users.ensure_admin(_ADMIN_EMAIL, "Administrator")
            link.append(await house.sign_in.make_link(admin.user_id))

    def ready(_: House, addresses: Sequence[tuple[str, int]]) -> None:
        host, port = addresses[0]
        base = settings.public_url or f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        typer.echo(f"Vivavoce serves on {base} ({settings.mode} mode, data in {settings.data_dir})")
        for notice in settings.notices:
            typer.echo(f"Note: {notice}.")
        if link:
            typer.echo(f"Sign in once, within 15 minutes: {base}/sign-in?link={link[0]}")
        sys.stdout.flush()

    try:
        run_loop(run_house(settings, tls=tls, speech=speech, before=before, ready=ready))
    except OSError as error:
        raise SettingsError(
            f"VIVAVOCE_PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror}); name another"
        ) from error


@app.command()
def worker(data_dir: DataDir = None) -> None:
    """Grade batches beside the server of this data folder, until it is stopped."""
    import signal

    from vivavoce.grading_house import run_worker
    from vivavoce.observability import logs

    os.umask(0o077)
    settings = _settings(data_dir=data_dir)
    logs.configure(settings.log_level, as_json=settings.mode == "production")

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        _say(f"A worker grades for the server of {settings.data_dir}")
        await run_worker(settings, stop)

    asyncio.run(run())


def _say(sentence: str) -> None:
    typer.echo(sentence)
    sys.stdout.flush()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    options_metavar="",
    add_help_option=False,
)
def models(context: typer.Context) -> None:
    """The models for voice: list, pull and verify them."""
    from vivavoce.models_cli import app as models_app  # half a second that no other command needs

    models_app(context.args, prog_name="vivavoce models")


@app.command()
def token(
    user: Annotated[str, typer.Option(help="The user id (claim `sub`).")],
    role: Annotated[str, typer.Option(help="admin, recruiter, interviewer, observer, candidate, teacher …")],
    session: Annotated[list[str] | None, typer.Option(help="A session this token is for; `*` for all.")] = None,
    exam: Annotated[list[str] | None, typer.Option(help="An exam this token is for; `*` for all.")] = None,
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = 3600,
    data_dir: DataDir = None,
) -> None:
    """Print a JWT."""
    from vivavoce.adapters.clock import SystemClock
    from vivavoce.bootstrap import keyring_of
    from vivavoce.domain.access import ROLES
    from vivavoce.identity.tokens import Tokens

    if role not in ROLES:
        raise SettingsError(f"--role: {role!r} is not one of {', '.join(ROLES)}")
    tokens = Tokens(keyring_of(_settings(data_dir=data_dir)), SystemClock())
    typer.echo(tokens.mint(user, role=role, name=name, sessions=session or (), exams=exam or (), ttl_s=ttl))


@app.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Option(help="The e-mail address to sign in with.")],
    name: Annotated[str, typer.Option(help="The person's name.")] = "Administrator",
    data_dir: DataDir = None,
) -> None:
    """Create an administrator, or set the password of one. The password is read from the terminal or from a pipe."""
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")

    async def work(house: House) -> None:
        admin = await house.users.ensure_admin(email, name)
        await house.users.set_password(admin.user_id, password, by="cli")

    _in_house(data_dir, work)
    typer.echo(f"{email} can sign in as an administrator")


@app.command()
def migrate(
    data_dir: DataDir = None,
    new_epoch: Annotated[
        bool, typer.Option("--new-epoch", help="Also begin a new history: after a backup was put back.")
    ] = False,
) -> None:
    """Create the database or bring it to the newest schema."""
    from vivavoce.adapters.sql.migrate import migrate as run_migrations
    from vivavoce.adapters.sql.migrate import renew_epoch
    from vivavoce.bootstrap import lock_data

    settings = _settings(data_dir=data_dir)
    lock = lock_data(settings)
    changed = run_migrations(settings.database_path)
    epoch = renew_epoch(settings.database_path) if new_epoch else ""
    lock.close()
    typer.echo(f"{settings.database_path} {'is now' if changed else 'was already'} at the newest schema")
    if epoch:
        typer.echo(f"A new history has begun (epoch {epoch}): clients that come back are sent the present state")


Session = Annotated[str, typer.Option("--session", help="The session's id.")]


@app.command()
def export(session: Session, data_dir: DataDir = None) -> None:
    """Print everything that is kept of a session, as JSON (with the server stopped; while it runs, over HTTP)."""

    async def work(house: House) -> Any:
        return await house.rights.export(session, "cli")

    typer.echo(json.dumps(_in_house(data_dir, work), ensure_ascii=False, indent=2))


@app.command()
def erase(session: Session, data_dir: DataDir = None) -> None:
    """Take every personal word of a session out of the store, and print the receipt (with the server stopped)."""

    async def work(house: House) -> Any:
        return msgspec.to_builtins(await house.rights.erase(session, "cli"))

    typer.echo(json.dumps(_in_house(data_dir, work), indent=2))


@app.command("verify-report")
def verify_report(session: Session, data_dir: DataDir = None) -> None:
    """Prove that every score of a finished report stands on words that were said (with the server stopped)."""

    async def work(house: House) -> Any:
        from vivavoce.evaluation.checking import check_stored_report

        return await check_stored_report(house.sessions, house.reports, session)

    found = _in_house(data_dir, work)
    typer.echo(f"{found.scores} scores, {found.quotations} quotations")
    for problem in found.problems:
        typer.echo(f"  {problem}", err=True)
    typer.echo("every quotation stands where it says" if found.holds else "the report does not hold")
    if not found.holds:
        raise typer.Exit(1)


def _in_house(data_dir: Path | None, work: Callable[[House], Awaitable[Any]]) -> Any:
    """Run `work` on a house that serves nobody. A refusal ends the command with its sentence."""
    from vivavoce.bootstrap import build
    from vivavoce.domain.errors import VivavoceError

    async def run() -> Any:
        house = await build(_settings(data_dir=data_dir))
        try:
            return await work(house)
        except VivavoceError as error:
            raise SettingsError(error.details) from error
        finally:
            await house.stop()

    return asyncio.run(run())


@app.command()
def doctor(data_dir: DataDir = None) -> None:
    """Say what is missing or misconfigured, and how to mend it."""
    from vivavoce.doctor import examine

    findings = examine(_settings(data_dir=data_dir))
    for finding in findings:
        mark = {"good": "✓", "note": "·", "bad": "✗"}[finding.level]
        typer.echo(f"{mark} {finding.what}")
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the HTTP API."""
    typer.echo(json.dumps(_documents()["openapi"], ensure_ascii=False, indent=2))


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of the sockets."""
    from vivavoce.bootstrap import VERSION
    from vivavoce.protocols.asyncapi.document import asyncapi as describe
    from vivavoce.protocols.asyncapi.doors import DOORS

    settings = _settings(mode="development", host="127.0.0.1")
    url = settings.public_url or f"http://{settings.host}:{settings.port}"
    typer.echo(json.dumps(describe(DOORS, version=VERSION, url=url), ensure_ascii=False, indent=2))


def _documents() -> dict[str, Any]:
    """The API's documents, made from the application itself on a store in a temporary folder."""
    import tempfile

    from vivavoce.bootstrap import build

    async def collect(folder: str) -> dict[str, Any]:
        house = await build(settings_module.load(mode="development", data_dir=Path(folder)))
        try:
            return {"openapi": house.api.openapi()}
        finally:
            await house.stop()

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(collect(folder))


def _settings(**given: Any) -> Settings:
    return settings_module.load(**{name: value for name, value in given.items() if value is not None})


def _tls(certificate: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise SettingsError("--ssl-certfile and --ssl-keyfile belong together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"--ssl-certfile, --ssl-keyfile: cannot be used ({error})") from error
    return context


if __name__ == "__main__":
    main()
