"""Pure scoring: DataFrames and frozen definitions in, DataFrames out. No framework, database or clock."""
