"""What a run looks like as one file that a person keeps, prints or hands on: an HTML page without any script."""
