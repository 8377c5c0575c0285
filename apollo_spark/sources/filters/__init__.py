"""The filter language: tokens, literals, text to a tree."""
