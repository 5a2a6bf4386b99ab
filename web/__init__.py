"""Dashboard client under the names of the integration guide."""
