"""Open Lines: which channels between two powers are open, since when, and who says so."""

__version__ = "0.3.0.dev0"
