"""From a feed to candidates: one poll and what it brings, documents handed in, cited pages read again."""
