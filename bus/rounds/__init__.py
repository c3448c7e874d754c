"""Looking again and again, one process at a time: the sweeper, the bus's vitals, and what is alarming in them."""
