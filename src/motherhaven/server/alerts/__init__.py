"""What is worth waking somebody, told once, and its end too."""
