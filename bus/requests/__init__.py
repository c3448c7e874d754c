"""The bus's door: what may pass it, what becomes of it, and how whoever asked is told that it was not taken."""
