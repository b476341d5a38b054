"""How our DocTypes check what somebody entered, and say which field is wrong and what would be right."""
