"""What bots send: bounded bodies, validated batches, one store verb."""
