"""Long work on disk: its folder, how it stands, and the queue in front of the processes that do it."""
