"""The steps by which what a name pays, or that it pays nothing, is proven and settled (P1 to P4)."""
