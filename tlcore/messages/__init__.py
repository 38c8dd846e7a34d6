"""Words for people, made from values: pages and terminal tell the same in the same sentences."""
