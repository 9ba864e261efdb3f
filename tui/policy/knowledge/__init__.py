"""The knowledge graph: concepts and their synonyms, and whether a command speaks of the concepts it must."""
