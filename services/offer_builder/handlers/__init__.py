"""What offer-builder does for each step, one verb a file; `table.py` lists them."""
