"""The rules of `lint`: each reads what a text states and yields findings with file and line."""
