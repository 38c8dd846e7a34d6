"""What only the Predict page uses."""
