"""Why a score is what it is, and what an unsaved definition would do. Stores nothing."""
