"""What SQLite alone can run: full-text search. Another engine has a folder of its own with the same methods."""
