"""Measurements, each as a ratio to something plain in the same run on the same machine and database."""
