"""Scenarios as the interface carries them out and shows them. Without widgets."""
