"""What the photos of a data set need, measured and told, before anything is trained."""
