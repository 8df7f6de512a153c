"""A file that an instance lives in, so that it survives the end of the process."""
