"""What must never leak (law 6): nkeys and their rotation, key files, and boxes that one process opens."""
