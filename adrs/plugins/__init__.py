"""Names of problems, strategies, proposers and sandboxes, loaded when they are used."""
