"""The tests of carbon-report; the file of a test is named after the file it tests."""
