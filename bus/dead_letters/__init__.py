"""What nobody could handle: kept with the reason, read, replayed, taken away."""
