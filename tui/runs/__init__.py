"""Runs: requests, events, the engine and its pipeline."""
