"""What the desk calls: check the permission, parse, call, return."""
