"""Mutation testing of the arithmetic: small faults are put into it, and the tests must find them."""
