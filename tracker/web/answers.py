"""How a page of the record is made and answered: at the moment that its address asks for, kept for whom it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import Response, make_response, render_template, request, url_for

from tracker.model import Moment
from tracker.record.citation import Citation
from tracker.web.auth import as_private, session_cookie
from tracker.web.cite import Recalled, citation_of, mark_in, recalled, shown_at
from tracker.web.current import current, shows_the_past
from tracker.web.scope import SCOPE, SCOPED
from tracker.web.sent import LANGUAGE, one_of

Vocabulary = TypeVar("Vocabulary", bound=StrEnum)


@dataclass(frozen=True)
class Clocks:
    """Which moment a page shows, and how its links and its citation say so."""

    moment: Moment
    past: bool
    _cited: dict[str, Citation] = field(default_factory=dict, compare=False)

    @property
    def latest(self) -> bool:
        """Whether it shows all that is known."""
        return self.moment.known_at >= current().snapshot().now

    @property
    def ahead(self) -> bool:
        """Whether the day that is shown has not come."""
        return self.moment.as_of > current().service.today()

    @property
    def carried(self) -> dict[str, str]:
        return carried()

    def link(self, endpoint: str, **values: Any) -> str:
        carried = self.carried
        if endpoint in SCOPED and (chosen := request.args.get(SCOPE)):
            carried[SCOPE] = chosen
        if endpoint.startswith("outputs."):
            carried.pop(LANGUAGE, None)  # what programs read has no choice of language
        return url_for(endpoint, **{name: value for name, value in (carried | values).items() if value is not None})

    def citation(self, title: str) -> Citation:
        """How this page is cited as it is now; reckoned once, since it hashes every row that the page shows."""
        if title not in self._cited:
            self._cited[title] = citation_of(current().snapshot(), request.path, request.args, self.moment, title)
        return self._cited[title]

    @property
    def citable(self) -> bool:
        """Whether the page shows everybody the same, so that an address shows it for good."""
        return shown_at(current().snapshot(), request.path, request.args) is not None

    def recalled(self) -> Recalled | None:
        """What became of the view, where the page is opened by an address by which it was cited.

        Raises Refused for what is no mark of a citation.
        """
        if not self.citable:
            mark_in(request.args)
            return None
        return recalled(current().snapshot(), request.path, request.args, self.moment)

    def cite_as(self, form: str, title: str) -> str:
        """The address of the citation in one form."""
        return url_for("cite.cite", format=form, path=request.full_path.rstrip("?"), title=title)


def carried() -> dict[str, str]:
    """The arguments that keep a link or a form in the moment that was asked for."""
    return {name: value for name in ("as_of", "known_at", LANGUAGE) if (value := request.args.get(name))}


def page(template: str, moment: Moment, **values: Any) -> str:
    """The page of a moment, of which the frame says which one it is; `values` are the template's."""
    clocks = Clocks(moment, shows_the_past())
    correction = current().snapshot().corrected_at(moment.known_at)
    return render_template(template, moment=moment, clocks=clocks, link=clocks.link, correction=correction, **values)


def answer(render: Callable[[], str]) -> Response:
    """For visitors the bytes rendered once; for who is signed in a page of their own, which nobody may keep."""
    if session_cookie() in request.cookies:
        response = as_private(make_response(render()))
    else:
        response = current().rendered(render, "text/html")
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def word_of(vocabulary: type[Vocabulary], name: str) -> Vocabulary | None:
    """The filter of that name in the address. Raises Refused for a word that it does not know."""
    text = one_of(name, [*vocabulary])
    return vocabulary(text) if text else None
