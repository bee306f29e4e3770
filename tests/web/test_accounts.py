"""Who gets in, what they may do there, and what is written down of it."""

import re
import sqlite3
import urllib.parse
import urllib.request
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from db import attempts
from db.audit import Position, What
from tests.commands import run
from tests.conftest import settings_in
from tests.make import sighting
from tests.test_review import US, arrive
from tests.web.conftest import serving_application
from tests.web.test_pages import text_of, words_of
from tracker import accounts
from tracker.accounts import Act
from tracker.amend import ClaimName, withdraw
from tracker.errors import Conflict, Refused
from tracker.passwords import check_password, passwords
from tracker.service import Service
from tracker.web.agents import agent_parts
from tracker.web.app import create_app
from tracker.web.auth import COOKIE
from tracker.web.server import proxied
from tracker.web.sign_in import safe_target
from tracker.web.throttle import MOST_OF_ADDRESS, MOST_OF_NAME

PASSWORD = "three old harbours"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Mobile Safari/604.1"

MATRIX = {
    "public": """
        GET / · GET /search · GET /channels/<slug> · GET /claims/<claim> · GET /changes · GET /contacts · GET /corrections
        GET /feeds · GET /figures · GET /method · GET /api/docs · GET /cite/<form> · GET /<style> · GET /static/<path:filename>
        GET /changes.atom · GET /changes.json · GET /channels/<slug>.atom · GET /channels/<slug>.json · GET /claims/<claim>.atom
        GET /channels.csv · GET /changes.csv · GET /contacts.csv · GET /contacts.ics · GET /channels/<slug>.ics
        GET /badge/<slug>.svg · GET /embed/<slug>
        GET /subscribe · POST /subscribe · GET /subscribe/<secret> · POST /subscribe/<secret>
        GET /unsubscribe/<secret> · POST /unsubscribe/<secret>
        GET /login · POST /login · GET /login/<secret> · POST /login/<secret> · POST /login/passkey
        POST /login/passkey/options · POST /logout
    """,
    "reader": """
        GET /account · POST /account/password · POST /account/passkeys · POST /account/passkeys/options
        POST /account/passkeys/remove · POST /account/sessions
    """,
    "reviewer": "",
    "admin": """
        GET /deliveries · POST /deliveries/<int:number>/replay
        GET /admin/users · POST /admin/users · GET /admin/users/<name> · POST /admin/users/<name>
        GET /admin/tokens · POST /admin/tokens · POST /admin/tokens/revoke · GET /admin/audit
    """,
}
"""Who may call what: those of a role, and of each role after it."""

ROLES = ["public", "reader", "reviewer", "admin"]


def rules(service: Service) -> list[str]:
    found = create_app(service).url_map.iter_rules()
    return sorted(f"{method} {rule.rule}" for rule in found for method in rule.methods - {"HEAD", "OPTIONS"})


def test_print(service):
    print("\n".join(rules(service)))
