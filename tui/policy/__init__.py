"""Policy: who may run what, how often and when, and which words a command must be about."""
