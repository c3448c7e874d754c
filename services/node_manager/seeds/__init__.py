"""The only room that ever sees a seed: it comes in sealed, is checked, answers questions, and is wiped (law 6)."""
