-- The maker of a batch gives it up.
-- ARGV: prefix, batch, why
abort_batch(ARGV[1], ARGV[2], math.huge, ARGV[3])
