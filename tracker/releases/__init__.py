"""Texts beside one another: which are one release, which tell of one event, what was quoted, edited or gone; pure."""
