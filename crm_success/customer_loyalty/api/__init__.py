"""What the desk asks of customer loyalty."""
