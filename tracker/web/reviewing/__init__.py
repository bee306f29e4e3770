"""What a reviewer sees and decides: the queue, candidates with their words, claims put right, checks on oneself."""
