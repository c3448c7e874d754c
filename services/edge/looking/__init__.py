"""Reading what became of it: operations, lists, and names by the shortest way."""
