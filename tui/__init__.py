"""Rollcage: run commands in micro-VMs whose every moment can be rolled back to."""

__version__ = "0.1.0"
