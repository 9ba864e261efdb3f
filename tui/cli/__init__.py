"""The headless command line: every action of the interface has a spelling here."""
