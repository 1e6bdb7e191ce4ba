"""A customer's systems, played: synthetic studies, documents and errors over real sockets."""
