"""What became of held times: noted in Redis by the scripts that hold and free, taken into the database by the worker.

No page waits for it and nothing of a person is in it. Holds themselves live in app.scheduling.holds.
"""
