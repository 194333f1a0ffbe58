"""Pure building blocks without a clinic noun: clock, ids, money, phone, text, paging.

Here lives what could be published alone: plain values in, plain values out.
Not here: tables, tenants, Flask, Redis, vendors, or any rule that belongs to one domain.
"""
