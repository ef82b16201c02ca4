"""What code tells people: messages, realtime events, mails, log files and the Error Log."""
