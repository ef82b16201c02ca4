"""What Celery's worker takes jobs from: `redis`, `rabbitmq`."""
