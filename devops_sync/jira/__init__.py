"""Jira Cloud's DevOps APIs as plain Python: what they accept, how to ask them, what they answered."""
