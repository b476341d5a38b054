"""What customers will do, told by what they and others did: whether they buy again, how often, and for how much."""
