"""What lies around every answer: its host, id, language, age, limits and the bytes kept of it; and the server."""
