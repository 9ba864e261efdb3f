"""The user's own terminal, lent to a program in a machine: attaching, the detach key, and what may reach the screen."""
