class MariaDBConnectionUtil:
    def create_connection(self):
        raise AssertionError("stand-ins have no database server")
