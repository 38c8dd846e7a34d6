"""The process that does a job, and which function does which kind of job."""
