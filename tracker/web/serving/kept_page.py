"""Handing out the kept copy of a page: as a file, never as a page of ours, since its markup is not ours."""

from __future__ import annotations

from flask import Response

from tracker.errors import NotFound
from tracker.model import PageCopy
from tracker.tongue import gettext
from tracker.web.current import current


def kept_page(release: int) -> Response:
    """The newest copy of a release's page, zipped, as an attachment. Raises NotFound."""
    with current().service.store.reading() as db:
        copy = db.pages.copy_of(release)
    if copy is None:
        raise NotFound(
            gettext("There is no copy of the page of release %(release)s.", release=release),
            gettext("Not every feed asks for pages."),
        )
    return _file(copy, f"release-{release}")


def kept_copy(sha256: str) -> Response:
    """The copy with that hash, the same way. Raises NotFound."""
    with current().service.store.reading() as db:
        copy = db.watch.copy(sha256)
    if copy is None:
        raise NotFound(
            gettext("There is no copy with the hash %(sha256)s.", sha256=sha256),
            gettext("A cited page's visits name those that are kept."),
        )
    return _file(copy, "cited-page")


def _file(copy: PageCopy, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}-{copy.sha256[:12]}.html.gz"',
        "Content-Security-Policy": "sandbox",  # beside that of every answer: opened all the same, it has no rights
    }
    return Response(copy.zipped, mimetype="application/gzip", headers=headers)
