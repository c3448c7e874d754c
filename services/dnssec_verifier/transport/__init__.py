"""How questions leave this process: authoritative servers directly, over UDP and TCP, each with a deadline."""
