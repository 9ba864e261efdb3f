"""The audit log: an append-only chain of records that shows any later change of itself."""
