"""Warm machines, kept between two watermarks within a memory budget."""
