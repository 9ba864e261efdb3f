"""Keys: what is bound, what a person bound instead, and the file that says so. Knows nothing of Textual."""
