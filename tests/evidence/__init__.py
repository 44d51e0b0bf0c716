"""Evidence: what is in it, that it can be checked, and who may take it away."""
