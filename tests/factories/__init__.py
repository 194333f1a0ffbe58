"""What tests start from: people, a clinic that can be booked, visits, forms, measurements, a row of any table.

Not here: servers, clocks, browsers and other tools of testing (tests.support).
"""
