"""Risk: what a text would do when it is run, and how bad that would be. Parse, fold, judge, explain."""
