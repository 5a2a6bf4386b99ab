"""How much at once: places, unfinished bodies, readers that leave."""
