"""The welcome page: what this is, and one button to begin. `streamlit run` finds the server, `app`, here too."""

from streamlit.starlette import App

if __name__ != "__main__":  # the server imports this file, once; what pages need would be loaded too early then
    from pages.server.app import options

    app = App(__file__, **options())

else:  # Streamlit runs it as the page
    import streamlit as st

    from pages.shared import chrome, gallery, run_list, state

    with chrome.page(
        "Teach the computer to tell your pictures apart",
        "Show it some photos of each kind. It learns in seconds, says how good it is, and you can use what it learned.",
        step=0,
    ) as action:
        state.workspace()
        if action.button("Choose photos to begin", type="primary"):
            st.switch_page("pages/data.py", query_params=state.link())

        gallery.sample_strip()

        st.subheader("How it goes", anchor=False)
        st.markdown(
            "1. **Data.** Pick a ready-made set or bring your own photos, one group for each kind (class).\n"
            "2. **Train.** A network that has already learned to see looks at every photo once, then learns "
            "your classes.\n"
            "3. **Evaluate.** It is tested on photos it has never seen, and shows where it is wrong.\n"
            "4. **Predict.** Give it new photos, or download what it learned (the model)."
        )
        st.page_link("pages/learn.py", label="Why so few photos are enough", query_params=state.link())
        place = "the server that shows you this page" if state.others_can_come() else "this computer"
        st.markdown(f"Your photos stay on {place}. Nothing is sent anywhere else.")

        earlier = state.runs()
        if earlier:
            st.subheader("Earlier training runs", anchor=False)
            run_list.show(earlier)
