"""How alike two groups are, and what is left of a difference once they are made alike."""
