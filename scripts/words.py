"""Bring the catalogues of the interface up to date with the words in the code: `make words`.

New texts come in without a translation, those that no page says any more go; nothing is guessed. Run from the root.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

KEPT = "kept"
"""The sense of what is stored in English and told where it is read, as `tracker/tongue.py` has it."""

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "tracker" / "locale"

FOLDERS = ("config", "db", "tracker")

METHODS = [("**/templates/**.html", "jinja2"), ("notifications/letters/**", "jinja2"), ("**.py", "python")]
_JINJA = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
OPTIONS = {"**/templates/**.html": _JINJA, "notifications/letters/**": _JINJA}
KEYWORDS = {
    "_": None, "gettext": None, "msg": None, "ngettext": (1, 2), "msgs": (1, 2), "pgettext": ((1, "c"), 2),
    "pmsg": ((1, "c"), 2),
}  # fmt: skip


HEADER = """\
# Words of Open Lines. `make words` brings in what is new; translations are written here by hand.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"

"""


def said() -> Catalog:
    """Every text of the interface, as it stands in code and templates."""
    catalog = Catalog(project="Open Lines", charset="utf-8", fuzzy=False)
    for folder in FOLDERS:
        for file, line, text, comments, sense in extract_from_dir(ROOT / folder, METHODS, OPTIONS, KEYWORDS):
            catalog.add(text, None, [(f"{folder}/{file}", line)], auto_comments=comments, context=sense)
    for file, line, text, comments, _ in extract_from_dir(ROOT / "tracker", METHODS[1:], {}, {"to_keep": None}):
        catalog.add(text, None, [(f"tracker/{file}", line)], auto_comments=comments, context=KEPT)
    return catalog


def updated(language: str) -> Catalog:
    """The catalogue of a language with every text that is said now, and no other."""
    path = LOCALE / f"{language}.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    catalog.update(said(), no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def _strings(told: str | tuple[str, ...]) -> tuple[str, ...]:
    return told if isinstance(told, tuple) else (told,)


def main() -> None:
    for path in sorted(LOCALE.glob("*.po")):
        catalog = updated(path.stem)
        with path.open("wb") as file:
            file.write(HEADER.format(language=path.stem, plural=catalog.plural_forms).encode())
            write_po(file, catalog, width=100, sort_output=True, omit_header=True, include_lineno=False)
        untold = [message.id for message in catalog if message.id and not all(_strings(message.string))]
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(untold)} without a translation.")
        for text in untold:
            print("  ", text)


if __name__ == "__main__":
    sys.exit(main())
