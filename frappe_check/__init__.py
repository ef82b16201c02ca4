"""What an app's code will do on Celery, read from its sources with `ast`; nothing of it runs.

`arguments` finds the apps, `app` is what is known of one, `tasks` says which of its functions run
as jobs, `rules` has a file for each thing that is looked for, `places` says where each task can
run, `examine` puts it together; `show`, `as_json`, `sarif` and `explain` write it down.
"""
