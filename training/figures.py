"""The measured figures as the documentation shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[1] / "docs" / "detection.md"
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"

_COLUMNS = {
    "release recall": "recall",
    "release precision": "precision",
    "recall": "channel found",
    "channel and signal": "with signal",
    "date within a day": "date",
    "wrong channels": "wrong channels",
}
_PARTS = {"all": "", "lang en": " English", "lang zh": " Chinese"}


def table(measured: dict[str, Any]) -> str:
    """The table of `measured.json`: a row for each set of cases, whole and by language."""
    lines = [
        f"On {measured['measured']}, fitted to {measured['fitted to']} cases:",
        "",
        f"| cases | {' | '.join(_COLUMNS.values())} |",
        "|---" * (len(_COLUMNS) + 1) + "|",
    ]
    for found in measured["sets"]:
        for part, label in _PARTS.items():
            figures = found["parts"][part]
            shares = (figures[column] for column in _COLUMNS)
            cells = " | ".join("-" if share is None else f"{share:.2f}" for share in shares)
            lines.append(f"| {found['name']},{label} {figures['cases']} | {cells} |")
    return "\n".join(lines) + "\n"


def rewritten(document: str, measured: dict[str, Any]) -> str:
    """The document with the table in its place."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table(measured) + END + after
