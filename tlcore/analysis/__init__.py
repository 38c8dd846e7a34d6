"""What can be found out about a finished run later, each as a job of its own: one module an analysis."""
