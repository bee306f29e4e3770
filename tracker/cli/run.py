"""Commands that serve until they are told to stop: the product, and the demonstration."""

from __future__ import annotations

import click

from tracker.cli.common import opened, settings
from tracker.demo.run import playing
from tracker.web.serving.server import serve


@click.command(name="serve")
@click.option("--no-scheduler", is_flag=True, help="Serve the web alone; polling runs elsewhere (schedule).")
def serve_command(no_scheduler: bool) -> None:
    """Serve the pages and the API, and poll the feeds, in one process."""
    service = opened()
    service.prepare()
    serve(service, poll=service.settings.poll and not no_scheduler)


@click.command()
@click.option("--every", default=8.0, show_default=True, help="Seconds between the steps of the story.")
def demo(every: float) -> None:
    """Show the thaw of winter 2023-24: sample feeds on loopback, polled every few seconds, over a record of 2023-11-01.

    Needs no network. The database is made anew in the folder for runtime data at each start.
    """
    quiet = settings(OPENLINES_LOG_LEVEL="warning", OPENLINES_SAMPLE="0", OPENLINES_BLIND="0", OPENLINES_WATCH="off")
    with playing(quiet, every) as service:
        serve(service, poll=True, tick_seconds=1, reload=False)
