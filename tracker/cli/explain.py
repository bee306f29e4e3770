"""Detection shown step by step on one text: how it was cut and marked, what was weighed, and what came of it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from tracker.detect import Detector, Finding, examine, explain
from tracker.detect.reading import Reading
from tracker.detect.sentence import Sentence
from tracker.detect.settle import events_of
from tracker.detect.when import options
from tracker.model import Release, Sighting

_STYLES = {
    "party": "cyan",
    "pair": "cyan",
    "office": "blue",
    "other": "bright_black",
    "partner": "bright_black",
    "name": "bold magenta",
    "described": "magenta",
    "topic": "magenta",
    "matter": "magenta",
    "signal": "bold green",
    "mark": "yellow",
    "date": "bold red",
}
_MOST_GROUNDS = 12
_MOST_DATES = 3
_LEAST = 0.05
"""Ties less sure than this are counted and not shown."""


def show(release: Release, detector: Detector, console: Console) -> None:
    """Print all steps of one release under one relationship's lexicon."""
    reading, findings = explain(release, detector)
    console.print(Text(f"{detector.lexicon.relationship}: {release.title}", style="bold"))
    if reading is None:
        console.print(
            "It does not speak of both parties and of anything that belongs to a channel: put aside at once.\n"
        )
        return
    _legend(console)
    for sentence in reading.all:
        _show_sentence(sentence, console)
    _show_findings(findings, detector, console)
    _show_dates(reading, findings, detector, console)
    for sighting in examine(release, detector):
        _show_sighting(sighting, console)
    console.print()


def _legend(console: Console) -> None:
    words = ("party", "office", "other", "name", "topic", "signal", "mark", "date")
    said = {"other": "other country", "name": "channel", "topic": "subject"}
    console.print(Text("  ").join(Text(said.get(word, word), style=_STYLES[word]) for word in words))


def _show_sentence(sentence: Sentence, console: Console) -> None:
    text = Text(sentence.folded.text[sentence.start : sentence.end])
    shown = sorted(sentence.mentions, key=lambda m: (m.kind != "mark", m.kind))
    for mention in shown:
        text.stylize(_STYLES[mention.kind], mention.start - sentence.start, mention.end - sentence.start)
    for when in sentence.dates:
        text.stylize(_STYLES["date"], when.start - sentence.start, when.end - sentence.start)
    number = "title" if sentence.field == "title" else f"{sentence.number + 1}"
    console.print(Text(f"[{number}] ", style="dim") + text)
    marks = [
        f"{m.key} “{sentence.folded.text[m.start : m.end]}”" for m in sentence.mentions if m.kind in ("signal", "mark")
    ]
    dates = [f"“{sentence.folded.text[d.start : d.end]}” {d.past.value} or {d.future.value}" for d in sentence.dates]
    for label, words in (("words", marks), ("dates", dates)):
        if words:
            console.print(Text(f"    {label}: {', '.join(words)}", style="dim"))


def _show_findings(findings: list[Finding], detector: Detector, console: Console) -> None:
    weights = detector.weights
    likely = [f for f in sorted(findings, key=lambda f: -f.score) if weights.confidence(f.score) >= _LEAST]
    console.print(Text("Ties, the surest first", style="bold"))
    for finding in likely:
        signal, share = max(finding.signals.items(), key=lambda pair: pair[1])
        place = "title" if finding.position == 0 else str(finding.position)
        console.print(
            Text(f"[{place}] ", style="dim")
            + Text(finding.tie.channel, style=_STYLES["name"])
            + Text(f" by {', '.join(finding.tie.kinds)}: score {finding.score:+.2f}, ")
            + Text(f"{weights.confidence(finding.score):.0%} of such were right; {signal} {share:.0%}")
        )
        for weight, style in ((1, "green"), (-1, "red")):
            said = [f"{w:+.2f} {g}" for g, w in finding.weighed[:_MOST_GROUNDS] if w * weight > 0]
            console.print(Text(f"    {'; '.join(said)}", style=style))
    if len(likely) < len(findings):
        console.print(
            Text(f"{len(findings) - len(likely)} ties less sure than {_LEAST:.0%} are not shown.", style="dim")
        )


def _show_dates(reading: Reading, findings: list[Finding], detector: Detector, console: Console) -> None:
    """The likeliest dates of what each channel's findings tell, with what speaks most for and against each."""
    weights = detector.weights
    console.print(Text("Dates, the likeliest first", style="bold"))
    for signal, told in events_of(findings, weights):
        if weights.confidence(told[0].score) < _LEAST:
            continue
        console.print(Text(told[0].tie.channel, style=_STYLES["name"]) + Text(f" {signal}"))
        for option in sorted(options(told, signal, reading), key=lambda o: -weights.dates.sum(o.grounds))[:_MOST_DATES]:
            weighed = sorted(((weights.dates.sum([g]), g) for g in option.grounds), key=lambda pair: -abs(pair[0]))
            said = "; ".join(f"{weight:+.2f} {ground}" for weight, ground in weighed[:_MOST_GROUNDS] if weight)
            console.print(
                Text(f"    {option.date or 'none'}", style=_STYLES["date"])
                + Text(f" {weights.dates.sum(option.grounds):+.2f}: ")
                + Text(said, style="dim")
            )


def _show_sighting(sighting: Sighting, console: Console) -> None:
    when = f"{sighting.starts} to {sighting.date}" if sighting.starts else str(sighting.date or sighting.undated)
    verdict = Text("FLAGGED ", style="bold green") if sighting.flagged else Text("probably nothing ", style="yellow")
    console.print(verdict + Text(f"{sighting.channel} {sighting.signal}, {when} ({sighting.confidence:.2f})"))
    for words in sighting.evidence:
        console.print(Text(f"    {words.role}: “{words.text}” ({words.field} {words.start}-{words.end})", style="dim"))
    if sighting.doubts:
        console.print(Text(f"    against it: {'; '.join(sighting.doubts)}", style="dim"))
