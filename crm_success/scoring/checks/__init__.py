"""What an administrator may declare: metrics, scorecards and overrides are checked before they are saved."""
