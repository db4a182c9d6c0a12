"""Bundles: a verification that another machine can repeat, as one file of data."""
