"""Tells parts of documents of any DocType that change, and keeps what they break from the save. Reacts to nothing itself."""
