"""When scheduled jobs are due: cron expressions, Frappe's frequencies, changes of the clock."""
