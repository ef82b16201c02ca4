"""Real work in a bench with ERPNext, every side from the same database: `./dev bench --erpnext`."""
