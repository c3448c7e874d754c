"""Key-value buckets: read and written by compare-and-set, paged, mirrored in memory, and held as leases."""
