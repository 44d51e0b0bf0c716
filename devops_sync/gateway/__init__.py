"""The door for machines: Jira's own wire format, inbound."""
