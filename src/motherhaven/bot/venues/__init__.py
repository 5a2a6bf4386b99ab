"""The venues that carry out orders, each in a folder of its own."""
