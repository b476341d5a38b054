"""Where Frappe records become definitions and frames, and results become records. Computes no score itself."""
