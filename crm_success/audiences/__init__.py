"""Who, said once, for everything that acts: Customer Audiences, who is in them, who entered and who left.

Stands above scoring and beside nothing: parts ask it who is meant and are told of changes by the hook `audience_changed`.
"""
