"""`python -m photodock`"""

from photodock.cli import app

app()
