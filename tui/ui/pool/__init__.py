"""What the Pool area shows, without widgets."""
