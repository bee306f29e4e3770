"""Commands about people and tokens."""

from __future__ import annotations

import sys

import click

from tracker import accounts
from tracker.accounts import COMMAND_LINE, ROLES, Act
from tracker.cli.common import opened
from tracker.errors import Refused
from tracker.service import Service

ROLE = click.Choice(ROLES)


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
    with service.store.reading() as db:
        if db.accounts.user(name):
            raise Refused(f"There is a user {name} already.", "Choose another name, or change it with: user password")
    accounts.add_user(service.store, name, role, _act(service), password=_password(password_stdin))
    click.echo(f"{name} may sign in as {role}.")


@user.command(name="password")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def set_password(name: str, password_stdin: bool) -> None:
    """Give a person another password; ends their sessions."""
    service = opened()
    with service.store.reading() as db:
        accounts.known_user(db, name)
    accounts.set_password(service.store, name, _password(password_stdin), _act(service))
    click.echo(f"{name} has a new password.")


@user.command(name="role")
@click.argument("name")
@click.argument("role", type=ROLE)
def change_role(name: str, role: str) -> None:
    """Let a person do more, or less; ends their sessions."""
    service = opened()
    changed = accounts.change_role(service.store, name, role, _act(service))
    click.echo(f"{name} has the role {role} now." if changed else f"{name} had the role {role} before.")


@user.command(name="limit")
@click.argument("name")
@click.argument("relationships", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Take the limit away.")
def limit(name: str, relationships: tuple[str, ...], everything: bool) -> None:
    """Let a person do what their role allows for some RELATIONSHIPS (slugs) alone."""
    if bool(relationships) == everything:
        raise Refused(
            "Name relationships, or say --all.", "Their slugs are the names of the folders in relationships/."
        )
    service, limits = opened(), None if everything else relationships
    changed = accounts.limit_user(service.store, name, limits, _act(service))
    now = "now" if changed else "as before"
    click.echo(f"{name} is there for {accounts.limits_words(limits)} {now}.")


@user.command(name="link")
@click.argument("name")
def link(name: str) -> None:
    """Print a link that signs a person in once, within a day."""
    service = opened()
    secret = accounts.make_link(service.store, name, _act(service))
    click.echo(f"{service.settings.base_url}/login/{secret}")


@user.command(name="disable")
@click.argument("name")
def disable(name: str) -> None:
    """Keep a person out from now on; what they decided stays."""
    service = opened()
    disabled = accounts.disable_user(service.store, name, _act(service))
    click.echo(f"{name} cannot sign in any more." if disabled else f"{name} was disabled before.")


@user.command(name="enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a person who was disabled in again."""
    service = opened()
    enabled = accounts.enable_user(service.store, name, _act(service))
    click.echo(f"{name} may sign in again." if enabled else f"{name} is not disabled.")


@user.command(name="list")
def list_users() -> None:
    """Who may sign in."""
    with opened().store.reading() as db:
        known = db.accounts.users()
    for account in known:
        since = f"disabled {account.disabled_at:%Y-%m-%d}" if account.disabled_at else "enabled"
        click.echo(f"{account.name}\t{account.role}\t{since}\t{accounts.limits_words(account.relationships)}")
    if not known:
        click.echo("Nobody can sign in yet: python -m tracker user add NAME", err=True)


@click.group()
def token() -> None:
    """Bearer tokens for programs."""


@token.command(name="create")
@click.argument("name")
@click.option("--role", type=ROLE, default="reader", show_default=True)
@click.option("--relationship", "relationships", multiple=True, help="For this one alone (slug); may be repeated.")
def create_token(name: str, role: str, relationships: tuple[str, ...]) -> None:
    """Make a token and print it; it is shown this once."""
    service = opened()
    limits = relationships or None
    click.echo(accounts.make_token(service.store, name, role, _act(service), relationships=limits))


@token.command(name="revoke")
@click.argument("name")
def revoke_token(name: str) -> None:
    """Make a token useless from now on."""
    service = opened()
    accounts.revoke_token(service.store, name, _act(service))
    click.echo(f"{name} is revoked.")


@token.command(name="list")
def list_tokens() -> None:
    """Which tokens were made."""
    with opened().store.reading() as db:
        for one in db.accounts.tokens():
            state = f"revoked {one.revoked_at:%Y-%m-%d}" if one.revoked_at else "in use"
            click.echo(f"{one.name}\t{one.role}\t{state}\t{accounts.limits_words(one.relationships)}")


def _act(service: Service) -> Act:
    return Act(COMMAND_LINE, service.clock())


def _password(from_stdin: bool) -> str:
    """The password as it was typed twice, or sent; whether it is good enough is found when it is set."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise Refused("There is no terminal to ask for a password.", "Send it with --password-stdin.")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)
