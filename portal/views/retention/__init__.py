"""Pages of retention and destruction (AR-9)."""
