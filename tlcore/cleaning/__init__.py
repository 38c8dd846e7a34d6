"""What may be wrong with the photos of a data set, and which belong together: found by a job, kept on disk."""
