"""What is shipped: the bundle, how it is made and how it answers."""
