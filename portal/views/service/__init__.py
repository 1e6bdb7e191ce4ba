"""The state of the service: for customers to see, for the staff to tell."""
