"""What a frozen backbone says about a photo: computed once (extract), kept on disk (store, views, activations), read
in the background while training goes on (batches)."""
