"""What the desk asks of audiences: their forms, the lists they filter, who is in them, recipients of a newsletter."""
