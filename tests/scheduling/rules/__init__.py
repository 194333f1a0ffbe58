"""Tests of the scheduling domain; the mirror of app/scheduling."""
