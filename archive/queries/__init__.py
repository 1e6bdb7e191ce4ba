"""Named reads. Each takes what it needs and touches nothing."""
