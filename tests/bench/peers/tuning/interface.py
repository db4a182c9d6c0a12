"""Nothing is needed: a program only returns numbers."""
