"""Who makes a request, and whether the policy of its route lets it in."""
