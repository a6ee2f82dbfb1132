"""What the command line shows of photos: `photodock upload` and `photodock photos`, on top of the public client."""
