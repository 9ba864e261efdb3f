"""Running commands on the host itself, confined by bubblewrap. Nothing here can be rolled back."""
