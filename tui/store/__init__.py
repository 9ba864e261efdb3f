"""What is kept: SQLite records of sessions, snapshots and runs."""
