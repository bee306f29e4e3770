"""What the record says: its rows on two clocks, whose word each is, what was done to it, and its chain; pure."""
