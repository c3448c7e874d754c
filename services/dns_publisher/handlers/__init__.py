"""One step or undo a file: a record made to stand, put, taken down, withdrawn or restored."""
