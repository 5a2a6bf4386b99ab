"""Trading under the names of the integration guide."""
