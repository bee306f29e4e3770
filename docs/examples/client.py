"""A small client of the API, to use or to copy. Needs Python and nothing else.

    python docs/examples/client.py http://127.0.0.1:8000

prints which channels are suspended, and since when.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TRIES = 5
"""How often a request is sent while the service says that it has had enough, or is not available."""


class Problem(Exception):
    """What the service refuses: `status`, the sentence in `detail`, and what to send instead in `remedy`."""

    def __init__(self, status: int, told: dict[str, Any]) -> None:
        self.status, self.field = status, told.get("field")
        self.detail, self.remedy = told.get("detail", "The service gave no reason."), told.get("remedy")
        super().__init__(" ".join(filter(None, [self.detail, self.remedy])))


class OpenLines:
    """Reads the record. An answer that it has is asked for again by its ETag, and kept while it stands."""

    def __init__(self, address: str, *, token: str | None = None, wait: Callable[[float], Any] = time.sleep) -> None:
        self._address, self._wait = f"{address.rstrip('/')}/api/v1", wait
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._kept: dict[str, tuple[str, bytes]] = {}

    def get(self, path: str, **parameters: Any) -> dict[str, Any]:
        """The answer to one call. `from_` is sent as `from`. Raises Problem, or OSError where nobody answers."""
        query = urlencode({name.rstrip("_"): value for name, value in parameters.items() if value is not None})
        return json.loads(self._read(f"{self._address}{path}{'?' if query else ''}{query}"))

    def walk(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page, all as the record stood when the first was asked for."""
        cursor = None
        while True:
            page = self.get(path, **parameters, cursor=cursor)
            yield from page[path.strip("/")]
            cursor = page["next"]
            if cursor is None:
                return

    def _read(self, url: str) -> bytes:
        etag, body = self._kept.get(url, (None, b""))
        asked = Request(url, headers=self._headers | ({"If-None-Match": etag} if etag else {}))
        for left in reversed(range(TRIES)):
            try:
                with urlopen(asked, timeout=30) as answer:
                    body = answer.read()
                    if answer.headers["ETag"]:
                        self._kept[url] = answer.headers["ETag"], body
                    return body
            except HTTPError as refused:
                if refused.code == 304:
                    return body
                if refused.code not in (429, 503) or not left:
                    raise Problem(refused.code, _told(refused)) from None
                self._wait(float(refused.headers["Retry-After"] or 5))
        raise AssertionError("the last try returns or raises")


def _told(refused: HTTPError) -> dict[str, Any]:
    """The problem document, or nothing where something else than the service answered."""
    try:
        return dict(json.load(refused))
    except ValueError:
        return {}


def main(address: str) -> None:
    for channel in OpenLines(address).get("/channels", state="suspended", sort="since", fields="names,since")[
        "channels"
    ]:
        print(f"{channel['since']['date']:10}  {channel['names']['en']}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the address of the service, such as http://127.0.0.1:8000.")
    main(sys.argv[1])
