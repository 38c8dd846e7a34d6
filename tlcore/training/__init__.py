"""What learns: heads on cached features."""
