"""What only the page that takes photos with a phone uses."""
