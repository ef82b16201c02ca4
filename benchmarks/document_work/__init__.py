"""What documents cost the processor beside their database's driver, in two trees."""
