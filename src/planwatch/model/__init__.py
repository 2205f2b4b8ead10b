"""The nouns: frozen, without I/O. Import them from their modules."""
