"""Local servers that keep state and misbehave like the platforms; real sockets on 127.0.0.1."""
