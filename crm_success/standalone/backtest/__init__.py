"""What scores of past dates were worth: replays the dates on a database and says what came of them.

The figures are those of `scoring.engine.truth.back_test`; this folder reads, writes and words them.
"""
