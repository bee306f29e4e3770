"""The pages of sources: how each fares, and what an admin does to one."""
