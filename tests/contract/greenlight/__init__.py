"""The sandbox's Greenlight against our own minimal client and against the official one."""
