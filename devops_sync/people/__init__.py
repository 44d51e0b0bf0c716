"""People: how they prove who they are, where they are signed in, and which roles they were given."""
