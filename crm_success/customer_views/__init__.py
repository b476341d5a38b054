"""What the parts add to what people see of a customer: its timeline, and the list of whom to call. Shows nothing itself."""
