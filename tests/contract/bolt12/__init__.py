"""Our BOLT 12 codec beside an independent one."""
