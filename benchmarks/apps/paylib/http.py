"""How the library reaches its server."""

session = None


def send(client):
    return client.key
