"""Translating a document and reviewing the translation, each without trusting the other."""
