"""A campaign that harms nobody: the true pipeline, a database of its own, and a witness."""
