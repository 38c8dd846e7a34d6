"""The names of the app and of its pages, in the order of the top line; the server knows them without loading a page."""

NAME = "Transfer Lab"
STEPS = (("data", "Data"), ("train", "Train"), ("evaluate", "Evaluate"), ("predict", "Predict"))
BESIDE = (("learn", "Learn"), ("compare", "Compare"))
