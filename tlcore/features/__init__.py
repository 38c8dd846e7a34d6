"""What a frozen backbone says about a photo: computed once (extract), kept on disk (store)."""
