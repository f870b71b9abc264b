"""JupyterLab at /lab, from a bundle of build.mjs in the folder LAB_BUNDLE.

Debian has the server and jupyterlab-server, but not JupyterLab itself.
"""
import os

from jupyterlab_server import LabServerApp

BUNDLE = os.environ["LAB_BUNDLE"]
STATE = os.environ["LAB_STATE"]


class App(LabServerApp):
    name = "lab"
    app_name = "JupyterLab"
    app_version = "4.6"
    app_namespace = "lab"
    extension_url = "/lab"
    default_url = "/lab"
    load_other_extensions = False
    cache_files = False
    static_dir = os.path.join(BUNDLE, "static")
    schemas_dir = os.path.join(BUNDLE, "schemas")
    themes_dir = os.path.join(BUNDLE, "themes")
    templates_dir = os.path.dirname(os.path.abspath(__file__))
    app_settings_dir = os.path.join(STATE, "app")
    user_settings_dir = os.path.join(STATE, "user")
    workspaces_dir = os.path.join(STATE, "workspaces")


def _jupyter_server_extension_points():
    return [{"module": "lab_app", "app": App}]
