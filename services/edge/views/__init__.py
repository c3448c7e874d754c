"""What is shown of records and operations: pure."""
