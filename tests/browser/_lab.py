"""A real JupyterLab for the tests: private folders, one port, one token, stopped by its own process id."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nbformat

PLUGINS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
FRONT = ".jp-NotebookPanel:not(.lm-mod-hidden)"
OPEN = """async (path) => {
  const panel = await window.jupyterapp.commands.execute("docmanager:open", { path });
  await panel.context.ready;
  window.jupyterapp.shell.activateById(panel.id);
}"""
CURRENT = "window.jupyterapp.shell.currentWidget"
THERE = (f"{CURRENT}.context.ready", f"{CURRENT}.sessionContext.ready", f"{CURRENT}.sessionContext.session.kernel.info")
ASK_KERNEL = """async (code) => {
  const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const future = kernel.requestExecute({ code });
  let text = "";
  future.onIOPub = (message) => { text += message.content.text ?? message.content.evalue ?? ""; };
  await future.done;
  return text;
}"""


class Lab:
    """JupyterLab on a free port of this machine, serving ``root / "work"``."""

    def __init__(self, root: Path) -> None:
        self.work = root / "work"
        self.token = "token-for-the-tests"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = (root / "lab.log").open("w", encoding="utf-8")
        self.process = subprocess.Popen(self._command(), env=self._environment(root), stdout=self.log, stderr=self.log)
        self._wait(root)

    def _command(self) -> list[str]:
        options = {
            "ServerApp.ip": "127.0.0.1", "ServerApp.port": self.port, "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.work, "IdentityProvider.token": self.token, "ServerApp.allow_root": True,
            "LabApp.expose_app_in_browser": True, "LabApp.news_url": "", "ServerApp.terminals_enabled": False,
        }  # fmt: skip
        return [sys.executable, "-m", "jupyterlab", "--no-browser", *(f"--{k}={v}" for k, v in options.items())]

    def _environment(self, root: Path) -> dict[str, str]:
        names = "HOME JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR IPYTHONDIR JUPYTERLAB_WORKSPACES_DIR"
        folders = {name: root / name.lower() for name in [*names.split(), "JUPYTERLAB_SETTINGS_DIR"]}
        for folder in (*folders.values(), self.work):
            folder.mkdir(parents=True, exist_ok=True)
        for plugin, settings in PLUGINS.items():
            path = folders["JUPYTERLAB_SETTINGS_DIR"] / f"{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings), "utf-8")
        return {**os.environ, **{name: str(folder) for name, folder in folders.items()}, "OMP_NUM_THREADS": "1"}

    def _wait(self, root: Path) -> None:
        until = time.monotonic() + 240
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api?token={self.token}", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None:
                    break
                time.sleep(0.5)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start:\n{(root / 'lab.log').read_text('utf-8')[-2000:]}")

    def stop(self) -> None:
        """End the server and, with it, its kernels."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def write(self, name: str, *cells: str) -> None:
        """Put a notebook of code cells into the folder that is served."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.work / name)

    def enter(self, page: Any) -> None:
        """Open JupyterLab itself, without the notebooks that were open before."""
        page.goto(f"http://127.0.0.1:{self.port}/lab?reset&token={self.token}")
        page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('docmanager:open')")
        page.evaluate("() => window.jupyterapp.restored")

    def open(self, page: Any, name: str) -> None:
        """Open a notebook in the JupyterLab of ``page`` and wait for its first cell."""
        page.evaluate(OPEN, name)
        page.locator(f"{FRONT} .jp-Cell").first.wait_for()

    def run_all(self, page: Any) -> None:
        """Run every cell; the kernel must be there first, or the command is lost without a word."""
        for part in THERE:  # each by itself, so that the one that never comes is seen
            page.evaluate(f"() => {part}.then(() => true)")
        self.command(page, "notebook:run-all-cells")

    def command(self, page: Any, name: str, **options: Any) -> None:
        """Carry out a command of JupyterLab and wait for its end."""
        page.evaluate("([name, options]) => window.jupyterapp.commands.execute(name, options)", [name, options])

    def ask_kernel(self, page: Any, code: str) -> str:
        """Run code in the notebook's kernel and return what it printed."""
        return str(page.evaluate(ASK_KERNEL, code)).strip()
