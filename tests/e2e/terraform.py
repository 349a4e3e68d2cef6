"""Terraform with its AWS provider, pointed at a daemon; tests skip where either is absent."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from harness import SLOW

HEAD = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "%s" }
  }
}
provider "aws" {
  region = "us-east-1"
  access_key = "test"
  secret_key = "test"
  skip_credentials_validation = true
  skip_metadata_api_check = true
  skip_requesting_account_id = true
  endpoints {
%s
  }
}
"""


def provider_file():
    """The AWS provider's program, wherever a mirror or cache of plugins has it."""
    folders = [os.environ.get("TF_PLUGIN_CACHE_DIR", ""), os.path.expanduser("~/.terraform.d"), "/usr/share/terraform",
               "/usr/local/share/terraform", "/usr/lib/terraform", "/opt", "/usr/local/lib"]
    for folder in filter(os.path.isdir, folders):
        for path in sorted(pathlib.Path(folder).rglob("terraform-provider-aws_v*"), reverse=True):
            if path.is_file() and os.access(path, os.X_OK):
                return path
    return None


class Workspace:
    """A folder with a configuration whose `services` are the test's daemon's."""

    def __init__(self, test, *services):
        self.terraform, provider = shutil.which("terraform"), provider_file()
        if not self.terraform or not provider:
            test.skipTest("terraform or its AWS provider is not on this machine")
        self.test = test
        version = re.search(r"_v(\d+\.\d+\.\d+)", provider.name)[1]
        self.head = HEAD % (version, "\n".join(f'    {name} = "{test.daemon.url}"' for name in services))
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drydock-terraform-"))
        test.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        mirror = self.folder / "mirror/registry.terraform.io/hashicorp/aws" / version
        mirror.mkdir(parents=True)
        (mirror / "linux_amd64").symlink_to(provider.parent)

    def write(self, resources):
        (self.folder / "main.tf").write_text(self.head + resources)

    def run(self, *words, codes=(0,)):
        done = subprocess.run([self.terraform, *words], cwd=self.folder, capture_output=True, text=True, timeout=600 * SLOW,
                              env=self.test.daemon.env(CHECKPOINT_DISABLE="1", TF_IN_AUTOMATION="1"))
        self.test.assertIn(done.returncode, codes, done.stdout + done.stderr)
        return done

    def init(self):
        self.run("init", "-no-color", f"-plugin-dir={self.folder}/mirror")

    def apply(self):
        """And nothing is left to do: a second plan is empty."""
        self.run("apply", "-no-color", "-auto-approve")
        second = self.run("plan", "-no-color", "-detailed-exitcode", codes=(0, 2))
        self.test.assertEqual(second.returncode, 0, second.stdout)

    def destroy(self):
        self.run("destroy", "-no-color", "-auto-approve")
