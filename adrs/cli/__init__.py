"""The command line: one file per noun, and what a person sees in a terminal.

Nothing here imports anything heavy at the top of a module: `adrs --help` must be quick.
"""
