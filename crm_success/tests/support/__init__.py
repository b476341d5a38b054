"""What the site tests share."""
