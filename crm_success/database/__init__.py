"""The site's database: statements carried out, one statement that inserts or updates, conflicts, the one clock."""
