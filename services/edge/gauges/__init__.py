"""What an edge and the bus show of themselves."""
