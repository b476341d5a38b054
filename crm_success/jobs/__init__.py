"""What the scheduler and the background workers call. Computes nothing: it decides, shares out and records."""
