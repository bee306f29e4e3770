"""A channel's timeline for a frame on another site: no script, no cookie, and it says as of when it is."""

from __future__ import annotations

from typing import Literal

from flask import render_template, request, url_for

from tracker.record.lineage import entry_key
from tracker.web.api.parameters import AtMoment, ChannelPath
from tracker.web.board import Silences
from tracker.web.current import current, find_channel, moment_from_request, shows_the_past
from tracker.web.outputs.calls import absolute, output
from tracker.web.pictures.strip import axis_until, strip_of


class Framed(AtMoment):
    """A moment, and the language that a frame is told in."""

    language: Literal["en", "zh"] | None = None


MOST_CHANGES = 4
"""Status changes that are listed; the page that it leads to has them all."""


@output("/embed/<slug>", "text/html")
def embed(path: ChannelPath, query: Framed) -> str:
    snapshot, moment = current().snapshot(), moment_from_request()
    view = snapshot.view(find_channel(snapshot, path.slug), moment)
    pair = snapshot.relationship(view.channel.relationship)
    sides = [party.code for party in pair.parties]
    home = absolute(url_for("pages.channel", slug=path.slug), **request.args)
    kept = {name: value for name, value in request.args.items() if name != "cited"}  # that is of another view
    return render_template(
        "embed.html",
        view=view,
        relationship=pair,
        silence=None if shows_the_past() else Silences(snapshot, pair, sides, current().now()).of(view),
        moment=moment,
        past=shows_the_past(),
        strip=strip_of(view, axis_until(moment.as_of)),
        changes=view.history[:MOST_CHANGES],
        home=home,
        site=absolute("/"),
        correction=snapshot.corrected_at(moment.known_at),
        claim_of=lambda row: absolute(url_for("pages.claim", claim=entry_key(row)), **kept),
    )
