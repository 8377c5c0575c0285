"""The folder of a lake: files, room on the disk, texts named by their hash."""
