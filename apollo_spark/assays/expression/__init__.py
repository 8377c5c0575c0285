"""Expression: values of features (genes, transcripts) in samples."""
