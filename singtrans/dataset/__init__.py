"""Labelled recordings: manifests, folders, splits and checks."""
