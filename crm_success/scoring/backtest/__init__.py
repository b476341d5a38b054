"""Back-tests in the desk: past dates are scored as they would have been, and compared with what customers then did.

The figures are the engine's (`scoring/engine/truth/`), and so are those of the standalone command.
"""
