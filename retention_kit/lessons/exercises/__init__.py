"""The exercises of each lesson: right answers computed by the kit, and what its usual mistakes would give."""
