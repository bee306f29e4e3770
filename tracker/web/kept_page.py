"""Handing out the kept copy of a release's page: as a file, never as a page of ours, since its markup is not ours."""

from __future__ import annotations

from flask import Response

from tracker.errors import NotFound
from tracker.web.current import current


def kept_page(release: int) -> Response:
    """The newest copy, zipped, as an attachment. Raises NotFound."""
    with current().service.store.reading() as db:
        copy = db.pages.copy_of(release)
    if copy is None:
        raise NotFound(f"There is no copy of the page of release {release}.", "Not every feed asks for pages.")
    name = f"release-{release}-{copy.sha256[:12]}.html.gz"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(copy.zipped, mimetype="application/gzip", headers=headers)
