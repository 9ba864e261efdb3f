"""The audit log as the interface shows it."""
