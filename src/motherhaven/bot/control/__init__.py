"""Commands to this bot: fetched or given locally, latched on disk, done, verified, acknowledged."""
