"""What the photos of a data set need, measured before anything is trained."""
