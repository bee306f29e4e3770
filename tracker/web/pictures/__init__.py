"""The record as pictures: channels on an axis of time, for pages and for files."""
