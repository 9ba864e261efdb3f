"""Live output: a bounded log without Textual, and the view that draws only what is visible of it."""
