"""Files of a visit: what staff keep with it, and what of that the patient may open (APT-02).

Where bytes are stored and how uploads are checked lives in kernel.storage; clinical forms are app.forms.
"""
