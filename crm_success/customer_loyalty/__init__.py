"""What customers earn: tiers, by a policy that people can read. Stands on scoring and audiences, beside the other parts."""
