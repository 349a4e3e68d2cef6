"""State that another version of Drydock left: an older one is migrated, a newer one refused."""
import os
import sqlite3
import unittest
from contextlib import closing

from harness import REPO, SLOW, Daemon


class State(unittest.TestCase):
    kernel = False

    def setUp(self):
        self.daemon = Daemon("--dry")
        self.addCleanup(self.daemon.stop)
        self.daemon.process.terminate()
        self.daemon.process.wait(20 * SLOW)
        self.database = self.daemon.root / "drydock.db"

    def ask(self, file, query):
        with closing(sqlite3.connect(file)) as database:
            return database.execute(query).fetchone()[0]

    def test_schema_1_is_migrated_and_a_copy_kept(self):
        for left in self.daemon.root.glob("drydock.db*"):
            left.unlink()
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript((REPO / "tests/golden/control/schema-1.sql").read_text())
        self.daemon.start()
        ecs = self.daemon.boto()
        cluster = ecs.describe_clusters(clusters=["kept"], include=["TAGS"])["clusters"][0]
        self.assertEqual((cluster["status"], cluster["tags"]), ("ACTIVE", [{"key": "team", "value": "a"}]))
        self.assertEqual(ecs.describe_task_definition(taskDefinition="web")["taskDefinition"]["revision"], 1)
        self.assertEqual(ecs.describe_services(cluster="kept", services=["svc"])["services"][0]["status"], "ACTIVE")
        copy = f"{self.database}.schema-1"
        self.assertEqual(self.ask(copy, "PRAGMA user_version"), 1)
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o600)
        self.assertIn("a copy is kept as " + copy, self.daemon.log_text())
        self.daemon.kill()
        self.assertEqual(self.ask(self.database, "PRAGMA user_version"), 2)
        os.unlink(copy)
        self.daemon.start()
        self.assertFalse(os.path.exists(copy))

    def test_a_newer_schema_is_refused_and_its_writer_named(self):
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript("PRAGMA user_version=99; UPDATE about SET value='7.1'")
        with self.assertRaisesRegex(AssertionError, "has schema 99 and this program .* knows up to 2: it was written by "
                                                    "Drydock 7.1; use that version, or another --root"):
            self.daemon.start()
        self.assertEqual(self.ask(self.database, "SELECT value FROM about"), "7.1")
        with closing(sqlite3.connect(self.database)) as database:
            database.executescript("PRAGMA user_version=2")
        self.daemon.start()


if __name__ == "__main__":
    unittest.main()
