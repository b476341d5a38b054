"""What `make` calls beside the plain tests, as `python -m tools.…` from the checkout. No part of what is installed."""
