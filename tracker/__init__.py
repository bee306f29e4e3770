"""Open Lines: which channels between two powers are open, since when, and who says so."""

__version__ = "0.2.0"
