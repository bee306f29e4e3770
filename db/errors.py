"""What goes wrong with a database as such."""


class StoreError(Exception):
    """The database cannot be used as it stands; the message is one sentence with the remedy."""
