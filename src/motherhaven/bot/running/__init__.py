"""A running bot: built, started, controlled, killed and recovered."""
