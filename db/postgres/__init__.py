"""What PostgreSQL alone can run: its connections, schema and full-text search, with the methods of SQLite's folder."""
