"""Networks that people bring: what is known of a file, who reads which kind, what is kept."""
