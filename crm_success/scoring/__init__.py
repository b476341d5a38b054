"""Customer health: from ERPNext's documents to scores, segments and stages, and why they are what they are."""
