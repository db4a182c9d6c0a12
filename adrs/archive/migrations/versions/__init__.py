"""One module per release that changed the tables."""
