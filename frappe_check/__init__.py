"""What an app's code will do on Celery, read from its sources with `ast`; nothing of it runs.

`arguments` finds the apps, `app` is what is known of one, `tasks` says which of its functions run
as jobs, `rules` what is looked for, `places` where each task can run, `examine` puts it together,
`output` writes it down.
"""
