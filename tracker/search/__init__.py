"""Search without I/O: what of a text is indexed, what a query asks for, and where its words stand. Pure.

Every engine of `db` indexes the same forms and is asked the same `Query`.
"""

from tracker.search.documents import Document, of_channel, of_entry, of_release
from tracker.search.query import Kind, Query, Term, read_query
from tracker.search.words import stem

__all__ = ["Document", "Kind", "Query", "Term", "of_channel", "of_entry", "of_release", "read_query", "stem"]
