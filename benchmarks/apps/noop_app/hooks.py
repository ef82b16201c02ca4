app_name = "noop_app"
app_title = "No-op"
