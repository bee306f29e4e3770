"""What happened, as messages tell it: to statements, to unreviewed signals, and a reader's digest; pure."""
