"""Running a worker: its consumers, one policy for each delivery, its steps, and what kills it convicted."""
