"""Photos in, data sets out: decoding, ingest, manifest, split, samples. No TensorFlow, no Streamlit."""
