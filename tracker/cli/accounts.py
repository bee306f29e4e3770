"""Commands about people and tokens."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from tracker.cli.common import opened
from tracker.errors import Refused
from tracker.passwords import passwords
from tracker.service import Service

ROLE = click.Choice(["reader", "reviewer", "admin"])
LINK_LASTS = timedelta(hours=24)
SHORTEST_PASSWORD = 10


@click.group()
def user() -> None:
    """People who sign in."""


@user.command(name="add")
@click.argument("name")
@click.option("--role", type=ROLE, default="reviewer", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_user(name: str, role: str, password_stdin: bool) -> None:
    """Add a person; asks for a password."""
    service = opened()
    taken = Refused(f"There is a user {name} already.", "Choose another name, or change it with: user password")
    with service.store.reading() as db:
        if db.accounts.user(name):
            raise taken
    hashed = passwords.hash(_password(password_stdin))
    with service.store.writing() as db:
        added = db.accounts.add_user(name, role, hashed, at=service.clock())
    if not added:  # Somebody took it while the password was typed.
        raise taken
    click.echo(f"{name} may sign in as {role}.")


@user.command(name="password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(name: str, password_stdin: bool) -> None:
    """Give a person another password; ends their sessions."""
    service = opened()
    _known(service, name)
    hashed = passwords.hash(_password(password_stdin))
    with service.store.writing() as db:
        db.accounts.set_password(name, hashed, at=service.clock())
    click.echo(f"{name} has a new password.")


@user.command(name="link")
@click.argument("name")
def link(name: str) -> None:
    """Print a link that signs a person in once, within a day."""
    service = opened()
    _known(service, name)
    with service.store.writing() as db:
        secret = db.accounts.make_sign_in_link(name, expires_at=service.clock() + LINK_LASTS)
    click.echo(f"{service.settings.base_url}/login/{secret}")


@user.command(name="disable")
@click.argument("name")
def disable(name: str) -> None:
    """Keep a person out from now on; what they decided stays."""
    service = opened()
    _known(service, name)
    with service.store.writing() as db:
        disabled = db.accounts.disable_user(name, at=service.clock())
    click.echo(f"{name} cannot sign in any more." if disabled else f"{name} was disabled before.")


@user.command(name="list")
def list_users() -> None:
    """Who may sign in."""
    with opened().store.reading() as db:
        for account in db.accounts.users():
            since = f"disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "enabled"
            click.echo(f"{account.name}\t{account.role}\t{since}")


@click.group()
def token() -> None:
    """Bearer tokens for programs."""


@token.command(name="create")
@click.argument("name")
@click.option("--role", type=ROLE, default="reader", show_default=True)
def create_token(name: str, role: str) -> None:
    """Make a token and print it; it is shown this once."""
    service = opened()
    with service.store.writing() as db:
        secret = db.accounts.make_token(name, role, at=service.clock())
    if secret is None:
        raise Refused(f"There is a token {name} in use.", "Revoke it first, or choose another name.")
    click.echo(secret)


@token.command(name="revoke")
@click.argument("name")
def revoke_token(name: str) -> None:
    """Make a token useless from now on."""
    service = opened()
    with service.store.writing() as db:
        revoked = db.accounts.revoke_token(name, at=service.clock())
    if not revoked:
        raise Refused(f"There is no token {name} in use.", "List them with: token list")
    click.echo(f"{name} is revoked.")


@token.command(name="list")
def list_tokens() -> None:
    """Which tokens were made."""
    with opened().store.reading() as db:
        for account in db.accounts.tokens():
            state = f"revoked {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "in use"
            click.echo(f"{account.name}\t{account.role}\t{state}")


def _known(service: Service, name: str) -> None:
    with service.store.reading() as db:
        if db.accounts.user(name) is None:
            names = ", ".join(account.name for account in db.accounts.users()) or "nobody yet"
            raise Refused(f"There is no user {name}.", f"Known: {names}.")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif not sys.stdin.isatty():
        raise Refused("There is no terminal to ask for a password.", "Send it with --password-stdin.")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("That password is too short.", f"Use {SHORTEST_PASSWORD} characters or more.")
    return password
