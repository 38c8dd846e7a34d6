"""What only one page uses, in a folder of its own."""
