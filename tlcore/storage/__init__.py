"""What is kept on the disk: whose it is, how much of it there may be, and when it goes."""
