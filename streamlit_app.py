"""The welcome page: what this is, and one button to begin. `streamlit run` finds the server, `app`, here too."""

from streamlit.starlette import App

if __name__ != "__main__":  # the server imports this file, once; what pages need would be loaded too early then
    from pages.server.app import options

    app = App(__file__, **options())

else:  # Streamlit runs it as the page
    import streamlit as st

    from pages.shared import chrome, gallery, group_line, library, run_list, state

    with chrome.page(
        "Train an image classifier on your own photos",
        "Add a few photos of each class. Training takes seconds, and you see how accurate the result is.",
        step=0,
    ) as action:
        state.queue().warm_up("import")  # most go on to choose photos, and then nobody waits for it
        joins = group_line.can_join()
        if joins and action.button("Join the classroom", type="primary", key="join"):
            st.switch_page("pages/join.py")
        if action.button("Choose photos to begin", type="secondary" if joins else "primary"):
            st.switch_page("pages/data.py", query_params={"more": "1"})
        action.page_link("pages/learn.py", label="Why a few photos are enough", query_params=state.link())

        if state.is_owner():
            action.page_link("pages/classroom.py", label="Teach a class", query_params=state.link())

        datasets, runs = state.datasets(), state.runs()
        if not datasets:
            gallery.sample_strip()
        with st.container(key="tl_how"):
            st.subheader("How it works", anchor=False)
            st.html(
                '<ol class="tl-steps">'
                "<li><b>Data</b><span>Use a sample set or add your own photos, one card for each class.</span></li>"
                "<li><b>Train</b><span>A network that already recognises shapes and textures learns your classes."
                "</span></li>"
                "<li><b>Evaluate</b><span>See how accurate it is on photos held back for testing, and where it is "
                "wrong.</span></li>"
                "<li><b>Predict</b><span>Try it on new photos, or download the model.</span></li>"
                "</ol>"
            )
            place = "the server that shows you this page" if state.others_can_come() else "this computer"
            st.caption(f"Your photos stay on {place}. Nothing is sent anywhere else.")

        if datasets:
            st.subheader("Your data sets", anchor=False)
            library.show(datasets)
        if runs:
            st.subheader("Your runs", anchor=False)
            run_list.show(runs)
