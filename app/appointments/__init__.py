"""Visits: booking on every channel, their life, their history, their calendar files.

Which times are free is scheduling; who the people are is people; what is told to them is messaging.
"""
