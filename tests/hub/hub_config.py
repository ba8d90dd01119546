"""The hub of tests/hub: one machine, names without passwords, a folder as exchange. Never for a real class."""

import json
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  # jupyterhub defines it
told = json.loads(os.environ["SRKIT_HUB"])
folder = Path(told["folder"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{told['ports'][0]}"
c.JupyterHub.hub_port = told["ports"][1]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{told['ports'][2]}"
c.ConfigurableHTTPProxy.command = told["proxy"]
c.JupyterHub.db_url = f"sqlite:///{folder / 'hub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(folder / "cookie")
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"teacher"}

# Everybody is one account of the machine, so the hub's name is what nbgrader must go by.
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(folder / "home" / "{username}")
c.Spawner.cmd = [sys.executable, "-m", "jupyterhub.singleuser", "--allow-root"]
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(folder / "config"), "OMP_NUM_THREADS": "1"}
c.Spawner.env_keep = ["PATH", "LANG"]
c.Spawner.http_timeout = c.Spawner.start_timeout = 180

c.JupyterHub.services = [{"name": "tests", "api_token": told["token"]}]
c.JupyterHub.load_roles = [
    {
        "name": "tests",
        "scopes": ["admin:users", "admin:servers", "tokens", "access:servers", "list:users"],
        "services": ["tests"],
    },
    {"name": "user", "scopes": ["self", "access:servers!user"]},
]
