"""Machines: live virtual machines, the backends that make them, and the guest they boot."""
