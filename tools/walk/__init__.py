"""`make walk`: the desk in a real browser, as everybody who works with scores."""
