"""The server around the pages: routes, middleware, what happens at its start. Streamlit draws the pages themselves."""
