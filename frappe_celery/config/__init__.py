"""What is configured: settings and their defaults, files, queues, timeouts, the bench's key.

Others ask `settings.current()` and take what they need of it. What people write is read here, a
file each: `timeouts`, `misfire`, `queues`, `sentinels`, `urls`. `secrets` says what nobody may be
shown, `texts` what no output takes, `signing` signs. What can be set, and each default:
`option_defaults`.
"""
