"""Pure numpy: from landmarks of one session to repetitions, range of motion and warnings.

Lives here: angles, gating, smoothing, plane weight, side choice, segmentation, session figures.
Does not live here: bytes, files, HTTP, consent, or anything that knows a clinic or a patient.
"""
