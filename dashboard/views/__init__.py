"""One module per page: who may, find, one call, answer."""
