"""Code somebody writes or pastes: what is kept of it, and how its blocks run. No widgets are in here."""
