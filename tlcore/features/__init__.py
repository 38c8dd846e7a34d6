"""What a frozen backbone computes of a photo: once (extract), kept on disk (store, views, activations), read
in the background while training goes on (batches)."""
