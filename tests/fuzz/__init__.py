"""What schemathesis loads beside the OpenAPI document."""
