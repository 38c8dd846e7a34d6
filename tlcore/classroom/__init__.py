"""A school class that works side by side on one server: the code it joins with, its groups, their task and their test.

On pages and in code it is called a classroom, since a class is what a picture shows.
"""
