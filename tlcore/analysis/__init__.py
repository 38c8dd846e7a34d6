"""What can be found out about a finished run: jobs of the kind "analysis", each with its results in its own folder."""
