"""What only the page of a group uses."""
