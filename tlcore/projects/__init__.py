"""A whole project as one file: photos with their history, runs with their models; written here, opened elsewhere."""
