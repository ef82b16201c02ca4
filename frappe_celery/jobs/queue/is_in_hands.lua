-- Whether a worker has a run in its hands.
-- KEYS: consumers
-- ARGV: prefix, run
return in_hands(ARGV[1], KEYS[1])[ARGV[2]] and 1 or 0
