app_name = "shop"
app_title = "Shop"

scheduler_events = {
    "all": ["shop.tasks.count_ticks"],
    "hourly": ["shop.tasks.refresh_prices"],
    "daily_long": ["shop.tasks.rebuild_statistics"],
    "weekly": ["shop.tasks.send_summary"],
    "cron": {
        "*/15 * * * *": ["shop.tasks.check_stock"],
        "0 9 * * 1-5": ["shop.tasks.morning_report"],
        "0 0 L * *": ["shop.tasks.close_month"],
        "annual": ["shop.tasks.close_year"],
    },
}
