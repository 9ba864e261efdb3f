"""The judge: what each command of a shell text does, to what, and how bad that is."""
