"""A skeleton to copy for a new venue; docs/how-to/add-a-venue.md says in which order."""
