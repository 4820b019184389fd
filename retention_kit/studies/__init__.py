"""Studies: hypotheses declared, locked, run and corrected together."""
