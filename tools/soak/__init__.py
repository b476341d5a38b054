"""`make soak`: nights of scoring on a site of its own, while workers and servers are killed."""
