-- The maker of a batch gives it up.
-- ARGV: prefix, batch, why
abort_batch(ARGV[1], ARGV[2], 'alive_at', math.huge, ARGV[3])
