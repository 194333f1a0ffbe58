"""Fixtures and small tools that many tests share: servers, databases, clocks, browsers, page checks.

No test lives here, and nothing here is imported by the product.
"""
