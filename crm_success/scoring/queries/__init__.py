"""Query builders: one grouped query per source table. They build statements and execute nothing."""
