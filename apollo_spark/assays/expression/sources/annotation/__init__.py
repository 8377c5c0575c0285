"""What is known about features: GTF files and tables."""
