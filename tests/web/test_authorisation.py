"""Every route against every role: what the table says is what the application answers."""

import re

import pytest

from tests.web.test_pages import signed_in
from tracker.web.app import create_app

ROLES = ("public", "reader", "reviewer", "admin")

MATRIX = {
    "public": """
        GET / | GET /channels/<slug> | GET /changes | GET /contacts | GET /corrections | GET /feeds | GET /figures
        GET /method | GET /search | GET /cite | GET /claims/<claim> | GET /claims/<claim>/proof
        GET /changes.atom | GET /changes.json | GET /channels/<slug>/changes.atom | GET /channels/<slug>/changes.json
        GET /channels/<slug>/contacts.ics | GET /contacts.ics | GET /channels.csv | GET /changes.csv | GET /contacts.csv
        GET /years.csv | GET /badge/<slug>.svg | GET /embed/<slug>
        GET /static/<path:filename> | GET /static/style-<asked>.css | GET /healthz | GET /readyz | GET /metrics
        GET /language/<chosen> | GET /claims/<claim>/readouts | GET /api/v1/claims/<name>/readouts
        GET /feeds/<slug> | GET /api/v1/feeds/<slug>
        GET /timeline | GET /timeline.svg | GET /since | POST /since | GET /api/v1/brief
        GET /subscribe | POST /subscribe | GET /subscribe/<secret> | POST /subscribe/<secret>
        GET /unsubscribe/<secret> | POST /unsubscribe/<secret>
        GET /login | POST /login | GET /login/<secret> | POST /login/<secret> | POST /login/passkey/options
        POST /login/passkey | POST /logout
        GET /api/docs | GET /api/v1/openapi.json | GET /api/v1/relationships | GET /api/v1/channels
        GET /api/v1/channels/<slug> | GET /api/v1/channels/<slug>/coverage | GET /api/v1/changes | GET /api/v1/contacts
        GET /api/v1/corrections | GET /api/v1/diff | GET /api/v1/citation | GET /api/v1/feeds | GET /api/v1/figures
        GET /api/v1/promises | GET /api/v1/search | GET /api/v1/checkpoint | GET /api/v1/checkpoints
    """,
    "reader": """
        GET /account | POST /account/password | POST /account/passkeys/options | POST /account/passkeys
        POST /account/passkeys/remove | POST /account/sessions
    """,
    "reviewer": """
        GET /review | GET /review/<int:number> | POST /review/<int:number> | POST /review/<int:number>/queue
        POST /review/<int:number>/split | POST /review/<int:number>/merge | POST /review/<int:number>/undo
        GET /review/pages/<int:visit> | POST /review/pages/<int:visit> | GET /review/pages/copies/<sha256>
        GET /review/releases/<int:number>/page | GET /claims/<name>/amend | POST /claims/<name>/amend
        GET /api/v1/candidates | GET /api/v1/candidates/<id> | POST /api/v1/candidates/<id>/review
        POST /review/<int:number>/later | POST /review/<int:number>/channel | POST /review/<int:number>/second
        GET /review/mine | POST /review/<int:number>/blind | GET /review/<int:number>/original/<int:place>
        POST /review/reject | GET /review/rejected | POST /review/rejected/undo | GET /review/<int:number>/present
        GET /review/keys | POST /api/v1/candidates/<id>/queue
        POST /api/v1/candidates/<id>/later | POST /api/v1/candidates/<id>/release | POST /api/v1/candidates/<id>/channel
        POST /api/v1/candidates/<id>/channel/back | POST /api/v1/candidates/<id>/second | POST /api/v1/candidates/reject
        POST /api/v1/candidates/<id>/split | POST /api/v1/candidates/<id>/merge | POST /api/v1/releases
        GET /api/v1/releases/<id> | GET /api/v1/releases/<id>/page | POST /api/v1/claims/<name>/correction
        POST /api/v1/claims/<name>/withdrawal | POST /api/v1/claims/<name>/sources
    """,
    "admin": """
        GET /admin | GET /deliveries | POST /deliveries/<int:number>/replay | GET /admin/users | POST /admin/users
        GET /admin/users/<name> | POST /admin/users/<name> | GET /admin/tokens | POST /admin/tokens
        POST /admin/tokens/revoke | GET /admin/audit | GET /feeds/new | POST /feeds/new | POST /feeds/new/add
        GET /feeds/<slug>/entry | POST /feeds/<slug>/entry | POST /feeds/<slug>/entry/remove
        POST /feeds/<slug>/pause | POST /feeds/<slug>/resume | POST /feeds/<slug>/now
    """,
}
"""Who may call what: those of a role, and of each role after it. A route that is new needs its line here."""

BODIES = {
    "POST /api/v1/candidates/<id>/review": {"decision": "reject", "note": "No."},
    "POST /api/v1/candidates/<id>/split": {"sightings": [1]},
    "POST /api/v1/candidates/<id>/merge": {"candidate": 2},
    "POST /api/v1/releases": {},
}
"""What a call brings, where another body is refused before anything else."""

ALLOWED = {line: role for role, lines in MATRIX.items() for line in re.findall(r"(?:GET|POST) [^|\s]+", lines)}


@pytest.fixture
def clients(service):
    """A client of each role: sessions for pages, and tokens for the API, of which a client has the headers."""
    app = create_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    found = {"public": (app.test_client(), {})}
    for role in ROLES[1:]:
        with service.store.writing() as db:
            token = db.accounts.make_token(f"{role}-token", role, at=service.clock())
        found[role] = signed_in(service, role, f"a-{role}"), {"Authorization": f"Bearer {token}"}
    return found


def lines_of(app) -> dict[str, str]:
    """Each route that the application has, as the table writes it, with its rule."""
    return {
        f"{method} {rule.rule.replace('<int:id>', '<id>')}": rule.rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_every_route_has_its_line_and_every_line_its_route(service):
    assert set(lines_of(create_app(service))) == set(ALLOWED)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_a_role_as_the_table_says(clients, role):
    client, headers = clients[role]
    for line, rule in sorted(lines_of(client.application).items()):
        if line == "POST /logout":
            continue
        method, path = line.split()[0], re.sub(r"<(int|path)?[^>]*>", "1", rule)
        asks_api = path.startswith("/api/")
        told = {"json": BODIES.get(line, {}), "headers": headers} if asks_api else {"data": {}}
        answer = client.open(path, method=method, **(told if method == "POST" or asks_api else {}))
        let_in = ROLES.index(role) >= ROLES.index(ALLOWED[line])
        if let_in:
            assert answer.status_code not in (302, 401, 403) or "/login" in path, (line, role, answer.status_code)
        elif role != "public":
            assert answer.status_code == 403, (line, role)
        elif method == "GET" and not asks_api:
            assert answer.headers["Location"].startswith("/login?next="), line
        else:
            assert answer.status_code == 401, line
