"""What turns docs/ into the documentation site; `make docs` runs it. Not part of photodock itself."""
