"""The four journeys without script: real links and forms, one page after the other."""
