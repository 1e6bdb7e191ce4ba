"""What came in, what should have, and what a local archive still holds."""
