"""The OpenID provider whose access tokens the API takes: its keys, and what its tokens say."""
