"""From the journal to the server: what is sent next, how, and what each answer means."""
