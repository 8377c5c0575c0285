"""Publish two datasets as one."""
