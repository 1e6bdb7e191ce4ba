"""What anybody may see without signing in, and the way of a new customer from there."""
