"""A customer's road on the screen: the staff's pipeline, the file, what the customer fills in."""
